//! `declass timestamp`.

use anyhow::Result;
use declass::{
    formats::Sha256Digest,
    register::{self, is_register},
    release::stamp_release,
    sign::stamp_request,
};
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
    let request = if is_register(&args.release) {
        register::request_stamp(&args.release)?
    } else {
        stamp_request(&args.release)?
    };
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
    let (what, stamp) = if is_register(&args.release) {
        let (size, stamp) = register::attach_stamp(&args.release, &args.answer)?;
        (format!("{}, the checkpoint of {size} entries", args.release.display()), stamp)
    } else {
        (args.release.display().to_string(), stamp_release(&args.release, &args.answer)?)
    };
    if args.json {
        printer
            .answer(Schema::TimestampAttach, &json!({"time": stamp.written(), "service": stamp.service()}))?;
    } else {
        printer.row("stamped", format!("{what}: {stamp}"));
        printer.limit("limits", "whether the service is trusted: that is for `verify --trust` to say");
    }
    Ok(())
}
