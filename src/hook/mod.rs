//! The gate in git: what is pushed is examined before it is accepted, by the objects of every pushed ref.
//!
//! What a ref will stand for is examined, the tip; the commits before it are not. A ref is what others fetch
//! by name, and work in progress that was mended in the same push would otherwise have to be rewritten first.
//! Whoever takes a commit by its id examines it by its id (`check` takes any).

mod check;
mod find;
mod foreign;
mod install;
mod pushed;
mod script;
mod settings;
mod unpack;

pub use check::{Checked, Release, Rules, check};
pub use foreign::require_foreign;
pub use install::{Installed, Removed, install, uninstall};
pub use pushed::{Hook, Pushed};
pub use settings::Settings;
