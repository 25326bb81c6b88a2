//! What a register says of one release, for its page.

use std::path::Path;

use anyhow::Result;
use declass::{
    export::Entry,
    register::{Event, Released, examine},
};

use super::{
    list::{class, digests},
    trusted,
};

/// The entries about the files of a release, and about the request that they answer.
pub(in crate::cli) fn entries_about(
    register: &Path,
    vkey: Option<&Path>,
    release: &Path,
) -> Result<Vec<Entry>> {
    let released = Released::read(release)?;
    let key = trusted(register, vkey)?;
    let register = examine(register, &key)?.sound()?;
    let is_of_files =
        |event: &&Event| [event.facts.artifact, event.facts.successor].contains(&Some(released.artifact));
    let of_files: Vec<&Event> = register.events().iter().filter(is_of_files).collect();
    let is_of_requests = |event: &&Event| {
        event.facts.request.is_some() && of_files.iter().any(|it| it.facts.request == event.facts.request)
    };
    let about = register.events().iter().filter(|event| is_of_files(event) || is_of_requests(event));
    Ok(about.map(entry).collect())
}

fn entry(event: &Event) -> Entry {
    let classes: Vec<String> = event.facts.classes.iter().map(class).collect();
    let named = (!classes.is_empty()).then(|| format!("classes {}", classes.join(", ")));
    let about: Vec<String> = digests(event).chain(named).collect();
    Entry {
        number: event.seq,
        time: event.time.to_string(),
        event: event.facts.event.name().to_owned(),
        about: about.join("; "),
    }
}
