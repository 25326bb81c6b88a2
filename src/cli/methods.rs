//! `declass methods`.

use anyhow::Result;
use declass::methods::{Kind, METHODS, Method, Optimizer, Setting};
use serde_json::json;

use super::{Exit, args::MethodsArgs, output::Printer, schema::Schema};

pub(super) fn run(args: &MethodsArgs, printer: &Printer) -> Result<Exit> {
    if args.json {
        let method = |method: &&Method| {
            json!({
                "name": method.name,
                "default": method.name == METHODS[0].name,
                "summary": method.summary,
                "data": method.data.name(),
                "optimizers": optimizers(method).map(Optimizer::name).collect::<Vec<_>>(),
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
        let optimizers: Vec<&str> = optimizers(method).map(Optimizer::name).collect();
        if let [first, others @ ..] = optimizers.as_slice()
            && !others.is_empty()
        {
            let others = others.join(", ");
            printer.row("", format!("--set optimizer={first}: from the minimum of its loss in closed form; or {others}, as in the paper"));
        }
        for setting in method.settings {
            printer.row("", format!("--set {}={}: {}", setting.name, setting.default, setting.summary));
        }
    }
    printer.row("", "all change the weights and the bias of the head, and nothing else");
    Ok(Exit::Yes)
}

/// The ways in which a method may get to its head, the usual one first.
fn optimizers(method: &Method) -> impl Iterator<Item = Optimizer> {
    let trains = matches!(method.kind, Kind::Trained(_)).then_some(Optimizer::Sgd);
    method.minimum.map(|_| Optimizer::Minimum).into_iter().chain(trains)
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
