//! The book in `docs/`, the README and the architecture are held against what they speak of: links, names,
//! generated parts, and every example, which is run.
//!
//! `DECLASS_UPDATE=1 cargo test --test docs` writes the generated parts anew.

mod book;
mod console;
mod examples;
mod generated;
mod links;
mod named;
mod places;
