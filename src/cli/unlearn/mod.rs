//! `declass unlearn`: arguments in, one phase of the job after the other, and what came of it; what each
//! phase says is in `print.rs`.

mod options;
mod print;
mod wish;

use anyhow::{Context, Result};
use declass::{
    formats::RelPath,
    pipeline::{Job, Verified, gather},
    release::{Destination, Existing},
    sign::ReleaseKey,
};
use serde_json::json;

use super::{
    Exit,
    args::UnlearnArgs,
    bars::Bars,
    device, key, labelled,
    output::{Printer, Verbosity},
    schema::Schema,
    source, trace,
};
use print::Teller;

pub(super) fn run(args: &UnlearnArgs, printer: &Printer) -> Result<Exit> {
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let destination = Destination::new(&args.out).with_existing(existing);
    if !args.dry_run {
        destination.check()?;
    }
    args.trace.as_deref().map(trace::check).transpose()?;
    let silent = Printer::new(Verbosity::Quiet);
    let out = if args.json { &silent } else { printer };
    let bars = Bars::new(args.json || printer.is_quiet());
    let source = source::open(&args.model, !args.one_file, &bars)?;
    destination.check_input(source.model.artifact())?;
    let granted = wish::granted(args, &source.model)?;
    let removal = options::removal(args, &source.model, granted.forgotten.clone())?;
    let (removal, left) = if args.one_file { (removal, Vec::new()) } else { gather(&source.model, removal) };
    let through = labelled::Through {
        model: source.model.artifact(),
        cut: source.model.cut(),
        labels: source.model.labels(),
        graph: args.graph.as_deref(),
        keep: labelled::kept_in(&args.keep),
    };
    let data = labelled::open_if_named(&args.data, &through, &bars, out)?;
    let device = device::open(args.device, printer)?;
    let key = key::open(&args.key)?;

    let teller = Teller::new(&source, &removal, bars, out, printer);
    let job = Job::open(&source.model, &removal, destination, device, &teller)?;
    let job = match &data {
        Some(data) => job.measuring_on(data)?,
        None => job,
    };
    let job = match &args.graph {
        Some(graph) => job.running_by(graph)?,
        None => job,
    };
    teller.introduce(&job, &granted.staying, &left);
    let unlearned = job.train();
    if let (Some(path), Some(course)) = (&args.trace, teller.course()) {
        trace::write(path, &course)?;
    }
    let verified = unlearned?.seal()?.write()?.evaluate()?.verify()?;
    finish(args, verified, key.as_ref(), &teller)
}

/// Says what was found, and publishes if it may.
fn finish(
    args: &UnlearnArgs,
    verified: Verified<'_>,
    key: Option<&ReleaseKey>,
    teller: &Teller<'_>,
) -> Result<Exit> {
    let statement = verified.statement();
    teller.result(verified.report());
    let report = verified.report().clone();
    verified.evaluation().iter().for_each(|evaluation| labelled::tell(evaluation, teller.out));
    let signed_by = key.map(|key| key.public().fingerprint());
    let (exit, written) = match verified.pass() {
        Err(report) => {
            teller.failure(&report);
            (Exit::No, false)
        }
        Ok(_) if args.dry_run => {
            teller.out.row("dry run", "nothing was kept");
            (Exit::Yes, false)
        }
        Ok(passed) => {
            let files: Vec<RelPath> =
                passed.artifact().files().iter().map(|file| file.path.clone()).collect();
            passed.publish(key)?;
            teller.written(&args.out, &files, signed_by.as_deref());
            (Exit::Yes, true)
        }
    };
    teller.limits(&report);
    if written {
        teller.next(&args.out, signed_by.is_some());
    }
    if args.json {
        let out = written.then(|| args.out.display().to_string());
        let signed_by = signed_by.filter(|_| written);
        let passed = exit == Exit::Yes;
        let json = json!({"passed": passed, "out": out, "signedBy": signed_by, "statement": statement});
        teller.printer.answer(Schema::Unlearn, &json).context("printing the claim")?;
    }
    Ok(exit)
}
