//! `declass verify`: what the signatures, the claim and the original say of a release; how it is printed is in
//! `verdict.rs`.

use std::time::SystemTime;

use anyhow::{Result, bail};
use declass::{
    claim::names::open_model,
    error::Error,
    gate::Examination,
    pipeline::{Judgement, Measured, Measuring, Release, Rules, examine_release},
    release,
};

use super::{
    Exit,
    args::{VerdictFormat, VerifyArgs},
    bars::Bars,
    device,
    hub::{self, Located},
    labelled,
    output::Printer,
    verdict::Verdict,
};

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    if args.original.is_none() && args.data.eval_embeddings.is_some() {
        bail!("--eval-embeddings are measured on two models: name the other one with --original");
    }
    let bars = Bars::new(args.output.format() != VerdictFormat::Human || printer.is_quiet());
    let release = hub::locate(&args.release, None, args.hub.offline, &bars)?;
    let examination = examined(args, &release, &bars)?;
    let measured = measured(args, &release, &bars, printer);
    let listed = release.package.as_ref().map(|package| release::repository(package, &release.left));
    let judgement = Judgement::of(examination, measured, listed)?;
    Verdict { args, place: release.path, judgement }.print(printer)
}

fn examined(args: &VerifyArgs, release: &Located, bars: &Bars) -> Result<Option<Examination>> {
    let Some(trust) = &args.trust else { return Ok(None) };
    let rules = Rules { trust: trust.clone(), policy: args.policy.clone() };
    Ok(Some(examine_release(&release.path, &rules, SystemTime::now(), bars)?))
}

fn measured(
    args: &VerifyArgs,
    release: &Located,
    bars: &Bars,
    printer: &Printer,
) -> Result<Option<Measured>> {
    let Some(original) = &args.original else { return Ok(None) };
    let release = Release::open(&release.path)?;
    let original = hub::locate(original, args.hub.file.as_ref(), args.hub.offline, bars)?;
    let original = open_model(&original.path).map_err(Error::from)?;
    let data = labelled::open_if_named(&args.data)?;
    let device = device::open(args.device, printer)?;
    let how = Measuring { data: data.as_ref(), seed: args.seed, device: &device };
    Ok(Some(release.measure(&original, how, bars)?))
}
