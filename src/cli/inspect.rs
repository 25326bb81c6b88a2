//! `declass inspect`.

use std::collections::BTreeMap;

use anyhow::Result;
use declass::{
    blueprint::Blueprint,
    cut::CutPoint,
    formats::RelPath,
    head::{Link, Ties},
    pipeline::{FurtherFile, further_files},
};
use serde_json::json;

use super::{
    Exit,
    args::InspectArgs,
    bars::Bars,
    output::{Printer, counted, grouped, size},
    schema::Schema,
    source::{self, Source},
};

/// Labels and cut points shown without -v.
const SHOWN: usize = 12;

pub(super) fn run(args: &InspectArgs, printer: &Printer) -> Result<Exit> {
    let bars = Bars::new(args.json || printer.is_quiet());
    let source = source::peek(&args.model, &bars)?;
    // Weights that cannot be computed with are better known now than later.
    source.model.cut().head.load(source.model.artifact())?;
    if args.json {
        printer.answer(Schema::Inspect, &as_json(&source))?;
    } else {
        print(&source, printer);
        if args.cuts {
            print_cuts(&source, args, printer)?;
        }
    }
    Ok(Exit::Yes)
}

fn print(source: &Source, printer: &Printer) {
    let (artifact, cut, labels) = (source.model.artifact(), source.model.cut(), source.model.labels());
    let head = &cut.head;
    let values = artifact.tensors().values().map(|info| info.elements() as u64).sum();
    printer.row("model", &source.name);
    if let Some(package) = source.model.origin() {
        printer.row("package", package.to_string());
    }
    printer.row(
        "format",
        format!(
            "{}, {} in {}, {} with {} values ({})",
            artifact.format(),
            size(artifact.files().iter().map(|file| file.size).sum()),
            counted(artifact.files().len(), "file"),
            counted(artifact.tensors().len(), "tensor"),
            grouped(values),
            dtypes(source)
        ),
    );
    let further = print_further(source, printer);
    let is_further = |path: &&RelPath| further.iter().any(|file| file.path == **path);
    let left = artifact.left_out().iter().filter(|path| !is_further(path));
    let left: Vec<String> = left.map(ToString::to_string).chain(source.left.iter().cloned()).collect();
    if !left.is_empty() {
        printer.row("not part of it", left.join(", "));
    }
    printer.row("classes", classes(source));
    printer.row(
        "head",
        format!("{} ({} -> {}){}", head.name, head.width(), head.classes, link(head.link, head.ties)),
    );
    if let Some(place) = head.position.place() {
        printer.row("decides", format!("for every {} of an input by itself", place.name()));
    }
    for branch in &head.branches {
        let bias =
            branch.bias.as_ref().map_or("no bias".to_owned(), |bias| format!("bias `{}`", bias.tensor));
        printer.row("", format!("weight `{}`, {bias}", branch.weight.tensor));
        printer.row("embedding", format!("{} ({} wide)", branch.embedding, branch.width));
    }
    printer.row("why", format!("{} (confidence {:.2})", cut.why.rule, cut.why.confidence));
    if !cut.why.runners_up.is_empty() {
        printer.row("runners-up", cut.why.runners_up.join(", "));
    }
    cut.why.notes.iter().for_each(|note| printer.row("note", note));
    cut.points.iter().take(SHOWN).for_each(|point| printer.detail("cut point", cut_point(point)));
    if let (Some(labels), true) = (labels, head.classes > SHOWN) {
        for (index, name) in labels.names.iter().enumerate() {
            printer.detail("", format!("{index:>6} {name}"));
        }
    }
}

/// The other graphs and tensors of the folder.
fn print_further(source: &Source, printer: &Printer) -> Vec<FurtherFile> {
    let further = further_files(&source.model);
    for file in &further {
        match &file.apart {
            None => printer.row(
                "also in",
                format!("{}: the same head, which is edited together with this one", file.path),
            ),
            Some(reason) => printer.row("beside", format!("{}: not the same: {reason}", file.path)),
        }
    }
    further
}

/// All of them; of a model that is no graph itself, those of the graph that it is run by.
fn print_cuts(source: &Source, args: &InspectArgs, printer: &Printer) -> Result<()> {
    let (artifact, cut) = (source.model.artifact(), source.model.cut());
    let points = if artifact.graph().is_some() {
        cut.points.clone()
    } else {
        match Blueprint::of(artifact, cut, args.graph.as_deref())? {
            Ok(graph) => graph.points()?,
            Err(reason) => {
                printer.row("cut points", format!("none are known: {reason}"));
                return Ok(());
            }
        }
    };
    points.iter().for_each(|point| printer.row("cut point", cut_point(point)));
    Ok(())
}

fn cut_point(point: &CutPoint) -> String {
    let behind = counted(point.weighted_after, "weighted operator");
    let numbers = grouped(point.parameters_after);
    format!("{} ({}), {behind} and {numbers} parameters behind it", point.tensor, point.producer)
}

fn classes(source: &Source) -> String {
    let count = source.model.cut().head.classes;
    let Some(labels) = source.model.labels() else {
        return format!("{count}, without labels (name them by index, or give --labels)");
    };
    let mut shown: Vec<String> =
        labels.names.iter().take(SHOWN).enumerate().map(|(i, n)| format!("{i} {n}")).collect();
    if count > SHOWN {
        shown.push(format!("... ({} more, see -v)", count - SHOWN));
    }
    // Labels that list names of their own would run into each other.
    let between = if labels.names.iter().any(|name| name.contains(',')) { "; " } else { ", " };
    format!("{count}: {} (labels from {})", shown.join(between), labels.source)
}

fn dtypes(source: &Source) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for info in source.model.artifact().tensors().values() {
        *counts.entry(info.dtype.name()).or_default() += info.elements();
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

fn link(link: Link, ties: Ties) -> String {
    let link = match link {
        Link::ArgMax => ", gives out the index of the top class",
        Link::LogSoftmax => ", log-softmax",
        Link::OneVsRest => ", sigmoid (the largest wins)",
        Link::Sigmoid => ", sigmoid (multi-label)",
        Link::Softmax => ", softmax",
        _ => "",
    };
    let ties = if ties == Ties::Possible { ", ReLU and pooling behind it" } else { "" };
    format!("{link}{ties}")
}

fn as_json(source: &Source) -> serde_json::Value {
    let (artifact, cut, labels) = (source.model.artifact(), source.model.cut(), source.model.labels());
    let head = &cut.head;
    let branch = |branch: &declass::cut::Branch| {
        json!({
            "weight": branch.weight.tensor,
            "bias": branch.bias.as_ref().map(|bias| &bias.tensor),
            "embedding": branch.embedding,
            "width": branch.width,
        })
    };
    let further = |file: &FurtherFile| json!({"path": file.path.to_string(), "apart": file.apart});
    let point = |point: &CutPoint| {
        json!({
            "tensor": point.tensor,
            "producer": point.producer,
            "weightedAfter": point.weighted_after,
            "parametersAfter": point.parameters_after,
        })
    };
    json!({
        "model": source.name,
        "package": source.model.origin().map(ToString::to_string),
        "format": artifact.format().to_string(),
        "bytes": artifact.files().iter().map(|file| file.size).sum::<u64>(),
        "files": artifact.files().iter().map(|file| file.path.to_string()).collect::<Vec<_>>(),
        "leftOut": artifact.left_out().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "furtherFiles": further_files(&source.model).iter().map(further).collect::<Vec<_>>(),
        "tensors": artifact.tensors().len(),
        "values": artifact.tensors().values().map(|info| info.elements()).sum::<usize>(),
        "dtypes": dtypes(source),
        "classes": head.classes,
        "labels": labels.map(|labels| &labels.names),
        "labelSource": labels.map(|labels| &labels.source),
        "head": {
            "name": head.name,
            "width": head.width(),
            "link": format!("{:?}", head.link),
            "position": head.position.place(),
            "order": if head.ties == Ties::Possible { "Weak" } else { "Strict" },
            "branches": head.branches.iter().map(branch).collect::<Vec<_>>(),
        },
        "why": {
            "rule": cut.why.rule,
            "confidence": cut.why.confidence,
            "runnersUp": cut.why.runners_up,
            "notes": cut.why.notes,
        },
        "untouched": cut.untouched,
        "cutPoints": cut.points.iter().map(point).collect::<Vec<_>>(),
    })
}
