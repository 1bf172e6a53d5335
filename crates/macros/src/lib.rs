//! The macros that declare scopes, resources and migrations.
