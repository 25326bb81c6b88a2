//! `declass methods`.

use anyhow::Result;
use declass::methods::{METHODS, Setting};
use serde_json::json;

use super::{Exit, args::MethodsArgs, output::Printer, schema::Schema};

pub(super) fn run(args: &MethodsArgs, printer: &Printer) -> Result<Exit> {
    if args.json {
        let method = |method: &&declass::methods::Method| {
            json!({
                "name": method.name,
                "default": method.name == METHODS[0].name,
                "summary": method.summary,
                "data": method.data.name(),
                "settings": method.settings.iter().map(setting).collect::<Vec<_>>(),
                "changes": "weights and bias of the head",
                "source": method.source,
            })
        };
        let methods: Vec<_> = METHODS.iter().map(method).collect();
        printer.answer(Schema::Methods, &json!({"methods": methods}))?;
        return Ok(Exit::Yes);
    }
    for (place, method) in METHODS.into_iter().enumerate() {
        printer.row(method.name, if place == 0 { "(the default)" } else { "" });
        printer.row("", method.summary);
        printer.row("", format!("looks at: {}; source: {}", method.data.name(), method.source));
        for setting in method.settings {
            printer.row("", format!("--set {}={}: {}", setting.name, setting.default, setting.summary));
        }
    }
    printer.row("", "all change the weights and the bias of the head, and nothing else");
    Ok(Exit::Yes)
}

fn setting(setting: &Setting) -> serde_json::Value {
    json!({
        "name": setting.name,
        "summary": setting.summary,
        "default": setting.default,
        "least": setting.range.0,
        "most": setting.range.1,
    })
}
