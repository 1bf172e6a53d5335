//! The unicorn guide as a Grantwell project.

fn main() {}
