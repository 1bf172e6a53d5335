use grantwell_rest::Resources;

struct Unicorn;

fn main() {
    let _ = Resources::new().add::<Unicorn>();
}
