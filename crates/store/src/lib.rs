//! The only room that speaks SQL for our own tables.
