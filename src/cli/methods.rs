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
                "summary": method.summary,
                "data": method.data.name(),
                "changes": "weights and bias of the head",
                "source": method.source,
            })
        };
        printer.json(&METHODS.iter().map(method).collect::<Vec<_>>())?;
        return Ok(Exit::Yes);
    }
    for method in METHODS {
        printer.row(method.name, method.summary);
        printer.row(
            "",
            format!("trains on: {}; changes the head only; from {}", method.data.name(), method.source),
        );
    }
    Ok(Exit::Yes)
}
