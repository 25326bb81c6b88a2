//! `declass run`.

use anyhow::Result;
use declass::{
    claim::names::open_model,
    error::Error,
    fetch::Wanted,
    head::Hints,
    pipeline::{HasRun, Running},
};
use serde_json::{Value, json};

use super::{
    Exit,
    args::RunArgs,
    bars::Bars,
    hub,
    output::{Printer, counted},
    schema::Schema,
};

pub(super) fn run(args: &RunArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.json || printer.is_quiet());
    let located =
        hub::locate(&args.path, Wanted::of(args.hub.file.as_ref(), false), args.hub.offline, &bars)?;
    let model = open_model(&located.path).map_err(Error::from)?;
    let running = Running {
        inputs: args.inputs.clone(),
        out: args.out.clone(),
        at: args.at.clone(),
        graph: args.graph.clone(),
    };
    let heads = args.head.iter().cloned().collect();
    let hints = Hints { heads, multi_label: args.multi_label, ..Hints::default() };
    let has_run = running.run(&model, &hints)?;
    if args.json {
        printer.answer(Schema::Run, &as_json(&has_run))?;
    } else {
        print(&has_run, args, printer);
    }
    Ok(Exit::Yes)
}

fn print(has_run: &HasRun, args: &RunArgs, printer: &Printer) {
    printer.row("ran", counted(has_run.rows, "example"));
    for (name, info) in &has_run.arrays {
        printer.row("saved", format!("{} {} {:?}", name.escape_debug(), info.dtype.name(), info.shape));
    }
    printer.row("wrote", args.out.display().to_string());
    for name in &has_run.texts {
        printer.warn(&format!("output `{}` is not in it: it holds texts", name.escape_debug()));
    }
    if let Some(reason) = &has_run.without_logits {
        printer.warn(&format!("no `logits` and `probabilities` are in it: {reason}"));
    }
}

fn as_json(has_run: &HasRun) -> Value {
    let array = |(name, info): (&String, &declass::formats::TensorInfo)| json!({"name": name, "type": info.dtype.name(), "shape": info.shape});
    json!({
        "rows": has_run.rows,
        "arrays": has_run.arrays.iter().map(array).collect::<Vec<_>>(),
        "withoutLogits": has_run.without_logits,
    })
}
