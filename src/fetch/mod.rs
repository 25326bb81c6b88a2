//! Models from a hub: a reference becomes a folder in the cache, with exactly the files that a model consists
//! of.
//!
//! hf-hub, which writes to hubs (`src/push.rs`), is not used for reading: what a server calls a digest or a
//! commit becomes a path there, downloads start anew when they are cut, and nothing is compared with its
//! digest.

mod fetched;
mod near;
mod reference;
mod settings;
mod wanted;

#[cfg(feature = "hub")]
mod cache;
#[cfg(feature = "hub")]
mod download;
#[cfg(feature = "hub")]
mod gather;
#[cfg(feature = "hub")]
mod heads;
#[cfg(feature = "hub")]
mod http;
#[cfg(feature = "hub")]
mod index;
#[cfg(feature = "hub")]
mod listing;
#[cfg(feature = "hub")]
mod select;
#[cfg(not(feature = "hub"))]
mod without;

#[cfg(feature = "hub")]
pub use gather::{fetch, names, peek, records};
#[cfg(feature = "hub")]
pub use index::index;
#[cfg(not(feature = "hub"))]
pub use without::{fetch, index, peek, records};
pub use {
    fetched::{Fetched, FetchedRecords},
    near::near,
    reference::{Commit, HubRef, ModelRef, PackageUrl, RepoId},
    settings::{HubSettings, Token},
    wanted::Wanted,
};
#[cfg(feature = "hub")]
pub(crate) use {http::endpoint, select::is_gits};
