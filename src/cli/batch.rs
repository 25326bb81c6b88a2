//! `declass batch`: a plan carried out, or looked at, or written down for a scheduler.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use declass::{
    batch::{
        Estimate, Places, Plan, Shard, Summary, Task, expand,
        scheduler::{Volume, kubernetes, slurm},
    },
    error::Error,
    export::fleet_page,
    fetch::{self, ModelRef, RepoId, Wanted},
    pipeline::{Fleet, Looked, Source},
};
use serde_json::{Value, json};

use super::{
    Exit,
    args::BatchArgs,
    bars::Bars,
    hub,
    output::{Printer, Verbosity, counted, size},
    outside::write_new,
    schema::Schema,
};

/// Shards of a cluster, if nobody says how many.
const SHARDS: u32 = 8;
/// Widest name of a model in the table.
const NAME: usize = 40;

pub(super) fn run(args: &BatchArgs, printer: &Printer) -> Result<Exit> {
    let plan = Plan::open(&args.plan)?;
    if args.slurm.is_some() || args.kubernetes.is_some() {
        return schedule(args, &plan, printer);
    }
    let bars = Bars::new(args.json || printer.is_quiet());
    let silent = Printer::new(Verbosity::Quiet);
    let out = if args.json { &silent } else { printer };
    let offline = args.hub.offline || args.dry_run;
    let all = plan.tasks(&mut |pattern| models(&plan, pattern, args.hub.offline))?;
    let shard = args.shard.unwrap_or(Shard::ALL);
    let tasks: Vec<Task> =
        all.into_iter().enumerate().filter(|(at, _)| shard.has(*at)).map(|(_, task)| task).collect();
    let places = Places::of(plan.out());
    let locate = |task: &Task| locate(&plan, task, offline);
    let fleet = Fleet { places: &places, locate: &locate, progress: &bars };
    if args.dry_run {
        return look(&fleet, &tasks, (args, out, printer));
    }
    let rows = fleet.run(&tasks, usize::from(args.jobs));
    let part = shard.is_part().then(|| shard.to_string());
    let summary = Summary::of(rows, part);
    let name = args.shard.filter(|shard| shard.is_part()).map_or_else(
        || "summary".into(),
        |shard| format!("summary-{}", shard.to_string().replace('/', "-of-")),
    );
    let text = format!("{:#}\n", serde_json::to_value(&summary)?);
    let written = [(format!("{name}.json"), text), (format!("{name}.html"), fleet_page(&summary))];
    let written = written.map(|(name, text)| places.write(&name, text.as_bytes()));
    let [json_file, page_file] = written;
    let (json_file, page_file) = (json_file?, page_file?);
    table(&summary, out);
    out.row("wrote", format!("{}, {}", json_file.display(), page_file.display()));
    let exit = exit(&summary);
    out.verdict(exit, told(&summary));
    if args.json {
        printer.answer(Schema::Batch, &serde_json::to_value(&summary)?)?;
    }
    Ok(exit)
}

/// The models that a pattern of the plan stands for: paths, or all of an organisation.
fn models(plan: &Plan, pattern: &str, offline: bool) -> Result<Vec<String>, Error> {
    let org = pattern.strip_suffix("/*").filter(|org| RepoId::parse(&format!("{org}/x")).is_some());
    match org.filter(|org| !plan.folder().join(org).exists()) {
        Some(org) => fetch::index(org, &hub::settings(offline)),
        None => {
            let found = expand(plan.folder(), pattern)?;
            let below = |path: PathBuf| path.strip_prefix(plan.folder()).map(Path::to_owned).unwrap_or(path);
            Ok(found.into_iter().map(|path| below(path).display().to_string()).collect())
        }
    }
}

/// The model of a task: a path from the plan's folder, or else a repository.
fn locate(plan: &Plan, task: &Task, offline: bool) -> Result<Source, Error> {
    let path = plan.place(Path::new(task.model()));
    if let (false, ModelRef::Hub(reference)) = (path.exists(), ModelRef::of(Path::new(task.model()))) {
        let wanted = Wanted::of(None, !task.is_of_one_file());
        let fetched = fetch::fetch(&reference, wanted, &hub::settings(offline), &declass::Silent)?;
        return Ok(Source { path: fetched.artifact.path().to_owned(), package: Some(fetched.package) });
    }
    Ok(Source { path, package: None })
}

fn table(summary: &Summary, printer: &Printer) {
    for row in &summary.releases {
        let said = match (&row.release, &row.reason) {
            (Some(release), _) => release.clone(),
            (None, Some(reason)) => reason.clone(),
            (None, None) => String::new(),
        };
        printer.row(
            row.outcome.name(),
            format!("{:<NAME$}  {:<16}  {said}", row.model, named(&row.classes, row.keeps)),
        );
    }
}

/// Classes as a plan names them: those that go, or those that stay.
fn named(classes: &[String], keeps: bool) -> String {
    let classes = classes.join(", ");
    if keeps { format!("only {classes}") } else { classes }
}

fn told(summary: &Summary) -> String {
    let counts = summary.counts;
    let all = [
        (counts.done, "done"),
        (counts.already, "without the classes before"),
        (counts.failed, "failed"),
        (counts.refused, "do not fit"),
        (counts.unknown, "could not be told"),
    ];
    let some = all.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let some: Vec<String> = some.collect();
    if some.is_empty() { "nothing to do".to_owned() } else { some.join(", ") }
}

fn exit(summary: &Summary) -> Exit {
    let counts = summary.counts;
    match (counts.unknown, counts.failed + counts.refused) {
        (0, 0) => Exit::Yes,
        (0, _) => Exit::No,
        _ => Exit::Unknown,
    }
}

/// Every task as it would go, and how long all of it takes.
fn look(
    fleet: &Fleet<'_>,
    tasks: &[Task],
    (args, out, printer): (&BatchArgs, &Printer, &Printer),
) -> Result<Exit> {
    let (mut rows, mut todo) = (Vec::new(), Vec::new());
    let mut estimate = Estimate::default();
    for task in tasks {
        let since = Instant::now();
        let Looked { row, size: found } = fleet.look(task);
        if let Some(([classes, width], bytes, trains)) = found {
            // Nearly all of a look is reading and hashing the model.
            let rate = bytes as f64 / since.elapsed().as_secs_f64().max(1e-6);
            let own = Estimate::of(bytes, [classes, width], trains, rate);
            out.row(
                "to do",
                format!(
                    "{:<NAME$}  {:<16}  {}, {}",
                    task.model(),
                    named(task.classes(), task.keeps()),
                    size(bytes),
                    duration(own.seconds)
                ),
            );
            estimate = estimate.and(own);
            todo.push(json!({"model": task.model(), "classes": task.classes(), "keeps": task.keeps()}));
        }
        rows.extend(row);
    }
    let summary = Summary::of(rows, args.shard.map(|shard| shard.to_string()));
    table(&summary, out);
    let jobs = usize::from(args.jobs).clamp(1, todo.len().max(1));
    // One after the other: each takes all cores for some of its steps, so that no number of jobs divides this.
    let seconds = estimate.seconds;
    let room = estimate.bytes.saturating_add(estimate.largest.saturating_mul(jobs as u64));
    out.row(
        "to do",
        format!(
            "{}, about {} one after the other, {} of room with {}",
            counted(todo.len(), "release"),
            duration(seconds),
            size(room),
            counted(jobs, "job")
        ),
    );
    out.limit("limits", "an estimate: bytes at the rate at which they were read just now, heads as they took on two cores; not tried");
    if args.json {
        let mut json = serde_json::to_value(&summary)?;
        json["todo"] = Value::Array(todo);
        json["estimate"] = json!({"seconds": seconds, "bytes": room, "jobs": jobs});
        printer.answer(Schema::Batch, &json)?;
    }
    Ok(exit(&summary))
}

/// `2 min`, `3.5 h`.
fn duration(seconds: f64) -> String {
    match seconds {
        short if short < 90.0 => format!("{short:.0} s"),
        middle if middle < 5400.0 => format!("{:.0} min", middle / 60.0),
        long => format!("{:.1} h", long / 3600.0),
    }
}

/// Writes files for schedulers.
fn schedule(args: &BatchArgs, plan: &Plan, printer: &Printer) -> Result<Exit> {
    let shards = args.shards.unwrap_or(SHARDS) as usize;
    let folder =
        plan.folder().canonicalize().with_context(|| format!("folder `{}`", plan.folder().display()))?;
    let Some(name) = plan.path().file_name().and_then(|name| name.to_str()) else {
        bail!("the plan `{}` has no name that a scheduler could be told", plan.path().display())
    };
    let mut texts: BTreeMap<&Path, String> = BTreeMap::new();
    if let Some(file) = &args.slurm {
        texts.insert(file, slurm(&folder, name, shards));
    }
    if let (Some(file), Some(image), Some(claim)) = (&args.kubernetes, &args.image, &args.claim) {
        texts.insert(file, kubernetes(Volume { claim, plan: name }, image, shards));
    }
    for (file, text) in &texts {
        write_new(file, text.as_bytes())?;
        printer.row("wrote", format!("{}: {}", file.display(), counted(shards, "shard")));
    }
    printer.row(
        "next",
        format!("once all shards are done: declass batch {}  (one summary of all)", args.plan.display()),
    );
    Ok(Exit::Yes)
}
