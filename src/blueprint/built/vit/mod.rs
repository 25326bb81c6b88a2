//! Vision transformers.

pub(super) mod transformers;
