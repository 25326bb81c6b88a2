//! Vision transformers.

pub(super) mod state_dict;
pub(super) mod transformers;
