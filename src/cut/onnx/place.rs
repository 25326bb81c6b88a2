//! Heads with a row of results for every place: what the places are, and whether the results are classes.

use declass_formats::Artifact;

use super::{
    super::{refusal, refuse},
    found::Found,
};
use crate::{
    error::Error,
    head::{Hints, Link, Position},
};

/// Settles what a head that decides for every place decides for: what the configuration beside the graph says goes
/// before what the graph shows.
///
/// # Errors
/// If nothing says that the results are classes: encoders give out features for every place, too.
pub(super) fn settle(
    artifact: &Artifact,
    found: &mut Found<'_, '_>,
    count: Option<usize>,
    hints: &Hints,
) -> Result<(), Error> {
    let Some(shown) = found.answer.position.place() else { return Ok(()) };
    let is_stated = count == Some(found.follower.classes) || hints.head().is_some();
    if !is_stated && found.answer.link == Link::None && !found.compares {
        return Err(refusal(
            format!(
                "output `{}` has a row for every {}, and nothing says that its values are classes: there are neither \
                 labels, nor is a probability or the best made of them",
                found.output.name,
                shown.name()
            ),
            "put the `config.json` with the labels beside the file, give the labels, or name the head",
        ));
    }
    found.answer.position = Position::PerPlace(refuse::place(artifact)?.unwrap_or(shown));
    Ok(())
}
