//! The front door of Grantwell.
