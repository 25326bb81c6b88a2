//! From arguments to options; what would have no effect is refused.

use anyhow::Result;
use declass::{
    error::Error,
    head::{Link, Slot},
    methods::{self, Kind, Method},
    unlearn::Options,
};

use crate::cli::args::UnlearnArgs;

pub(super) fn options(args: &UnlearnArgs, link: Link) -> Result<Options> {
    let method = methods::choose(args.method, link)?;
    let slot = Slot::from(args.slot);
    let idle = idle(args, method);
    if !idle.is_empty() {
        return Err(Error::OptionsWithoutUse { method: method.name, options: idle }.into());
    }
    if args.no_seal && slot == Slot::Drop {
        return Err(Error::NothingToSeal.into());
    }
    if args.no_seal && matches!(method.kind, Kind::SealOnly) {
        return Err(Error::NothingToDo.into());
    }
    let default = Options::new(method);
    Ok(Options {
        distribution: args.distribution.unwrap_or(default.distribution),
        samples: args.samples.map_or(default.samples, |samples| samples as usize),
        seed: args.seed,
        learning_rate: args.lr,
        epochs: args.epochs.map_or(default.epochs, |epochs| epochs as usize),
        settings: method.settings(&args.settings)?,
        ..default
    })
}

/// Options that were given and that the method makes no use of.
fn idle(args: &UnlearnArgs, method: &Method) -> Vec<&'static str> {
    let draws = !matches!(method.kind, Kind::SealOnly);
    let trains = matches!(method.kind, Kind::Trained(_));
    let given = [
        ("--distribution", args.distribution.is_some() && !draws),
        ("--epochs", args.epochs.is_some() && !trains),
        ("--lr", args.lr.is_some() && !trains),
        ("--samples", args.samples.is_some() && !draws),
        ("--trace", args.trace.is_some() && !trains),
    ];
    given.into_iter().filter(|(_, idle)| *idle).map(|(name, _)| name).collect()
}
