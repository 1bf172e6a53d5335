//! Checks, generators and the test runner of the workspace.

fn main() {}
