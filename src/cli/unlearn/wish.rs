//! Which classes are asked for: named, in a file, by a pattern, or by what shall be left.

use anyhow::{Context, Result};
use declass::{
    classes::{Granted, Labels, Matched, Wish, describe},
    error::Error,
    formats::read_regular,
    model::Model,
};

use crate::cli::{advice::Advised, args::UnlearnArgs};

/// Most bytes of a file with names of classes.
const MAX_FILE: u64 = 64 << 20;
/// Most classes that are listed where more can be looked at with another option.
const LISTED: usize = 100;

/// The classes that the arguments ask for.
pub(super) fn granted(args: &UnlearnArgs, model: &Model) -> Result<Granted> {
    let keep = !args.retain.is_empty();
    let mut names = if keep { args.retain.clone() } else { args.forget.clone() };
    if let Some(file) = &args.forget_file {
        let named = || format!("classes in `{}`", file.display());
        let bytes = read_regular(file, MAX_FILE).map_err(Error::from).with_context(named)?;
        names.extend(Wish::lines(&String::from_utf8(bytes).with_context(named)?));
    }
    let granted = match model.granted(&Wish { names, keep }) {
        // The advice on this one names the option that is meant.
        Err(Error::Class(error)) if keep => {
            let advice = error.hint();
            return Err(Advised { reason: error.to_string(), advice }.into());
        }
        other => other?,
    };
    if !granted.patterns.is_empty() && !args.yes && !args.dry_run {
        return Err(unconfirmed(&granted, keep, model.labels()).into());
    }
    Ok(granted)
}

/// What patterns take, before anything is done.
fn unconfirmed(granted: &Granted, keep: bool, labels: Option<&Labels>) -> Advised {
    let verb = if keep { "keeps" } else { "takes" };
    let all = granted.forgotten.classes();
    let taken = |Matched { pattern, classes }: &Matched| {
        format!("`{pattern}` {verb} {} of {all} classes: {}", classes.len(), listed(classes, LISTED, labels))
    };
    let taken: Vec<String> = granted.patterns.iter().map(taken).collect();
    let count = granted.forgotten.indices().count();
    Advised {
        reason: format!("{}; nothing was done", taken.join("; ")),
        advice: Some(format!(
            "with --yes, {count} of {all} classes are removed; --dry-run -v lists all of them"
        )),
    }
}

/// The first so many classes, and how many more there are.
pub(super) fn listed(classes: &[usize], most: usize, labels: Option<&Labels>) -> String {
    let shown = if classes.len() > most { most.saturating_sub(1) } else { most };
    let shown: Vec<String> = classes.iter().take(shown).map(|&class| describe(class, labels)).collect();
    match classes.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
