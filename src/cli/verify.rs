//! `declass verify`: what the signatures, the claim and the original say of a release; how it is printed is
//! in `verdict.rs`.

use std::time::SystemTime;

use anyhow::Result;
use declass::{
    gate::{Examination, Judgement, Rules, examine_release},
    release,
};

use super::{
    Exit,
    args::{VerdictFormat, VerifyArgs},
    bars::Bars,
    hub::{self, Located},
    measured,
    output::Printer,
    verdict::Verdict,
};

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    measured::require_original(args)?;
    let bars = Bars::new(args.output.format() != VerdictFormat::Human || printer.is_quiet());
    let release = hub::locate(&args.release, None, args.hub.offline, &bars)?;
    let examination = examined(args, &release, &bars)?;
    let measured = measured::measure(args, &release, &bars, printer);
    let listed = release.package.as_ref().map(|package| release::repository(package, &release.left));
    let judgement = Judgement::of(examination, measured, listed, &args.head)?;
    Verdict { args, place: release.path, judgement }.print(printer)
}

fn examined(args: &VerifyArgs, release: &Located, bars: &Bars) -> Result<Option<Examination>> {
    let Some(trust) = &args.trust else { return Ok(None) };
    let rules = Rules { trust: trust.clone(), policy: args.policy.clone(), heads: args.head.clone() };
    Ok(Some(examine_release(&release.path, &rules, SystemTime::now(), bars)?))
}
