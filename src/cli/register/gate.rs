//! What `declass register append --trust` asks of a release before an event is entered.

use std::time::SystemTime;

use anyhow::Result;
use declass::{
    gate::{self, Policy},
    sign::Trust,
};
use serde_json::json;

use super::{Printer, args::AppendArgs};
use crate::cli::{Exit, bars::Bars, findings, schema::Schema};

/// What the gate says of the release; yes if it is not to be asked.
pub(super) fn ask(args: &AppendArgs, printer: &Printer) -> Result<Exit> {
    let (Some(trust), Some(release)) = (&args.trust, &args.release) else { return Ok(Exit::Yes) };
    let trust = Trust::open(trust)?;
    let policy = args.policy.as_deref().map(Policy::open).transpose()?;
    let bars = Bars::new(args.json || printer.is_quiet());
    let found = gate::examine(release, &trust, policy.as_ref(), SystemTime::now(), &bars)?.findings;
    let exit = findings::exit(&found);
    if args.json && exit != Exit::Yes {
        let found = found.iter().map(findings::json).collect::<Vec<_>>();
        printer.answer(
            Schema::RegisterAppend,
            &json!({"entry": null, "verdict": findings::word(exit), "findings": found}),
        )?;
    }
    for finding in &found {
        printer.warn(&format!("{} {finding}", finding.code.id));
    }
    if exit != Exit::Yes {
        printer.warn(&format!(
            "`{}` is not entered: the gate does not say yes of `{}`",
            args.event.name(),
            release.display()
        ));
    }
    Ok(exit)
}
