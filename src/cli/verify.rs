//! `declass verify`: what the signatures, the claim and the original say of a release; how it is printed is
//! in `verdict.rs`.

use std::time::SystemTime;

use anyhow::{Result, bail};
use declass::{
    gate::{Examination, Judgement, Rules, examine_release},
    release,
};

use super::{
    Exit,
    args::{JudgedArgs, VerdictFormat, VerifyArgs},
    bars::Bars,
    hub::{self, Located},
    measured::{self, Measured},
    output::{Printer, Verbosity},
    register,
    verdict::Verdict,
};

pub(super) fn run(args: &VerifyArgs, printer: &Printer) -> Result<Exit> {
    if args.judged.register.is_some() && args.judged.trust.is_none() {
        bail!("--register says when signatures were there, and without --trust no signature is judged");
    }
    let is_human = args.output.format() == VerdictFormat::Human;
    let silent = Printer::new(Verbosity::Quiet);
    let bars = Bars::new(!is_human || printer.is_quiet());
    let release = locate(&args.judged, &bars)?;
    let told = if is_human { printer } else { &silent };
    let judgement = judge(&args.judged, &release, &bars, (told, printer))?;
    Verdict { args, place: release.path, judgement }.print(printer)
}

/// The release on disk.
pub(super) fn locate(args: &JudgedArgs, bars: &Bars) -> Result<Located> {
    measured::require_original(args)?;
    hub::locate_release(&args.release, args.hub.offline, bars)
}

/// Holds a release against all that is named, and tells people on the way what it does.
pub(super) fn judge(
    args: &JudgedArgs,
    release: &Located,
    bars: &Bars,
    printers: (&Printer, &Printer),
) -> Result<Judgement<Measured>> {
    let examination = examined(args, release, bars)?;
    let measured = measured::measure(args, release, bars, printers);
    let listed = release.package.as_ref().map(|package| release::repository(package, &release.left));
    Judgement::of(examination, measured, listed, &args.head)
}

fn examined(args: &JudgedArgs, release: &Located, bars: &Bars) -> Result<Option<Examination>> {
    let Some(trust) = &args.trust else { return Ok(None) };
    let at = args.at.map_or_else(SystemTime::now, Into::into);
    let recorded = match &args.register {
        Some(path) => register::recorded(path, args.vkey.as_deref(), trust, at)?,
        None => Vec::new(),
    };
    let (policy, heads) = (args.policy.clone(), args.head.clone());
    let rules = Rules { trust: trust.clone(), policy, heads, recorded };
    Ok(Some(examine_release(&release.path, &rules, at, bars)?))
}
