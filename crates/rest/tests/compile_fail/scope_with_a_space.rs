use grantwell_rest::scopes;

scopes! { crate = grantwell_rest; pub ReadAll = "read all" => "See everything" }

fn main() {}
