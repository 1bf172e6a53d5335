use grantwell_rest::Scoped;

async fn oldest(_caller: Scoped<String>) {}

fn main() {
    let _ = oldest;
}
