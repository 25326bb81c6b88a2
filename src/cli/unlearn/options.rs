//! From arguments to a removal.

use anyhow::{Result, bail};
use declass::{
    classes::Forgotten,
    head::{Link, Slot, Treatment},
    methods,
    removal::Removal,
};

use crate::cli::args::UnlearnArgs;

pub(super) fn removal(args: &UnlearnArgs, forgotten: Forgotten, link: Link) -> Result<Removal> {
    let treatment = Treatment::of(Slot::from(args.slot), args.no_seal.then_some(false))?;
    let mut removal = Removal::of(forgotten, methods::choose(args.method, link)?)
        .treatment(treatment)
        .head(args.model.head.clone())
        .seed(args.seed);
    if let Some(distribution) = args.distribution {
        removal = removal.distribution(distribution);
    }
    if let Some(samples) = args.samples {
        removal = removal.samples(samples as usize);
    }
    if let Some(rate) = args.lr {
        removal = removal.learning_rate(rate);
    }
    if let Some(epochs) = args.epochs {
        removal = removal.epochs(epochs as usize);
    }
    for (name, value) in &args.settings {
        removal = removal.setting(name, *value);
    }
    let removal = removal.build()?;
    if args.trace.is_some() && !removal.trains() {
        bail!("method `{}` has no course of training for --trace", removal.method().name);
    }
    Ok(removal)
}
