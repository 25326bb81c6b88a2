//! `declass timestamp`.

use anyhow::Result;
use declass::{formats::Sha256Digest, release::stamp_release, sign::stamp_request};
use serde_json::json;

use super::{
    Exit,
    args::{AttachArgs, RequestArgs, TimestampArgs, TimestampCommand},
    output::Printer,
    outside::write_outside,
    schema::Schema,
};

pub(super) fn run(args: &TimestampArgs, printer: &Printer) -> Result<Exit> {
    match &args.command {
        TimestampCommand::Attach(args) => attach(args, printer)?,
        TimestampCommand::Request(args) => request(args, printer)?,
    }
    Ok(Exit::Yes)
}

fn request(args: &RequestArgs, printer: &Printer) -> Result<()> {
    let request = stamp_request(&args.release)?;
    write_outside(&args.out, &args.release, &request)?;
    if args.json {
        printer.answer(
            Schema::TimestampRequest,
            &json!({"request": args.out, "sha256": Sha256Digest::of(&request).to_string()}),
        )?;
        return Ok(());
    }
    printer.row("wrote", args.out.display().to_string());
    printer.row(
        "next",
        "send it to a service, as `declass timestamp request --help` shows, and attach the answer",
    );
    Ok(())
}

fn attach(args: &AttachArgs, printer: &Printer) -> Result<()> {
    let stamp = stamp_release(&args.release, &args.answer)?;
    if args.json {
        printer
            .answer(Schema::TimestampAttach, &json!({"time": stamp.written(), "service": stamp.service()}))?;
    } else {
        printer.row("stamped", format!("{}: {stamp}", args.release.display()));
        printer
            .limit("limits", "whether the service is trusted: that is for `declass verify --trust` to say");
    }
    Ok(())
}
