//! The rules about people: names, passwords, sign-in, sessions, throttling.
