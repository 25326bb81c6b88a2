//! From arguments to a removal.

use anyhow::{Result, bail};
use declass::{
    claim::Seed,
    classes::Forgotten,
    error::Error,
    head::{Accepted, Slot, Treatment},
    methods,
    model::Model,
    removal::Removal,
};

use crate::cli::args::{Chosen, UnlearnArgs};

pub(super) fn removal(args: &UnlearnArgs, model: &Model, forgotten: Forgotten) -> Result<Removal> {
    Seed::from(args.seed).require_writable()?;
    let removal = asked(args, model, forgotten)?;
    if args.trace.is_some() && !removal.trains() {
        bail!(
            "method `{}` makes no use of --trace: leave out --trace, or choose a method that trains",
            removal.method().name
        );
    }
    Ok(removal)
}

fn asked(args: &UnlearnArgs, model: &Model, forgotten: Forgotten) -> Result<Removal, Error> {
    let mut removal = model
        .forgetting(forgotten)?
        .method(methods::choose(args.method, model.cut().head.link, model.cut().head.position.place())?)
        .treatment(Treatment::of(Slot::from(args.slot), args.no_seal.then_some(false))?)
        .accepted(Accepted {
            constant: args.allow_constant,
            labels: args.allow_stale,
            stale: args.allow_stale,
        })
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
    if let Some(inputs) = args.executed {
        removal = removal.executed(u32::from(inputs));
    }
    if let Some(epochs) = args.epochs {
        removal = removal.epochs(epochs as usize);
    }
    for chosen in &args.settings {
        removal = match chosen {
            Chosen::Number(name, value) => removal.setting(name, *value),
            Chosen::Optimizer(optimizer) => removal.optimizer(*optimizer),
        };
    }
    Ok(removal.build()?)
}
