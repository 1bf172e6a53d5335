//! How any HTML is rendered and any form guarded.
