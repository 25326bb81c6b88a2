//! `declass methods`.

use anyhow::Result;
use declass::methods::METHODS;
use serde_json::json;

use super::{Exit, args::MethodsArgs, output::Printer};

pub(super) fn run(args: &MethodsArgs, printer: &Printer) -> Result<Exit> {
    if args.json {
        let method = |method: &&declass::methods::Method| {
            json!({
                "name": method.name,
                "default": method.name == METHODS[0].name,
                "summary": method.summary,
                "data": method.data.name(),
                "changes": "weights and bias of the head",
                "source": method.source,
            })
        };
        printer.json(&METHODS.iter().map(method).collect::<Vec<_>>())?;
        return Ok(Exit::Yes);
    }
    for (place, method) in METHODS.into_iter().enumerate() {
        printer.row(method.name, if place == 0 { "(the default)" } else { "" });
        printer.row("", method.summary);
        printer.row("", format!("trains on: {}; source: {}", method.data.name(), method.source));
    }
    printer.row("", "all change the weights and the bias of the head, and nothing else");
    Ok(Exit::Yes)
}
