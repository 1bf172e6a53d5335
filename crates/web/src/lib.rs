//! The protocol endpoints and the pages for people.
