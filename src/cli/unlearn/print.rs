//! What `declass unlearn` says: a line for each thing that happens.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use declass::{
    claim::names::{CARD_FILE, CLAIM_FILE, STATEMENT_FILE, looks_like_record},
    classes::{Forgotten, LeftLabel, LeftPieces, describe},
    cut::NO_OBJECT,
    embeddings::{Rare, Sampler, Sampling},
    evidence::Outcome,
    formats::RelPath,
    head::{Link, Treatment},
    methods::Kind,
    pipeline::{Event, Job, LeftFile, NotTrained, Observer},
    progress::{Progress, Step},
    removal::Removal,
    sign::SIGNATURE_FILE,
    unlearn::{MARGIN, Reached, Search, Trained},
    verify::Report,
};

use super::wish::listed;
use crate::cli::{
    bars::Bars,
    output::{Printer, counted, grouped},
    source::Source,
    summary,
};

/// Most classes that are named in a line.
const FEW: usize = 10;

/// What keeps git from changing line ends, and with them digests.
const ATTRIBUTES: &str = ".gitattributes";

/// Tells the user what happens in a job.
pub(super) struct Teller<'a> {
    source: &'a Source,
    removal: &'a Removal,
    bars: Bars,
    /// For what is not said where JSON was asked for.
    pub(super) out: &'a Printer,
    pub(super) printer: &'a Printer,
    /// Every attempt at training, once they are made.
    course: Mutex<Option<Search>>,
}

impl Progress for Teller<'_> {
    fn begin(&self, step: Step, total: u64) {
        self.bars.begin(step, total);
    }

    fn advance(&self, step: Step, units: u64) {
        self.bars.advance(step, units);
    }

    fn end(&self, step: Step) {
        self.bars.end(step);
    }
}

impl Observer for Teller<'_> {
    fn observe(&self, event: Event<'_>) {
        match event {
            Event::Sampled { sampling, starved } => self.sampled(sampling, starved),
            Event::Unreached { classes } => {
                for &class in classes {
                    self.printer.warn(&format!("no synthetic embedding reached class {}", self.name(class)));
                }
            }
            Event::Searched(search) => {
                *self.course.lock().unwrap_or_else(PoisonError::into_inner) = Some(search.clone());
            }
            Event::Trained(trained) => self.trained(trained),
            Event::NotTrained(why) => self.not_trained(why),
            Event::Sealed { link, has_bias } => self.sealed(link, has_bias),
            _ => {}
        }
    }
}

impl<'a> Teller<'a> {
    pub(super) fn new(
        source: &'a Source,
        removal: &'a Removal,
        bars: Bars,
        out: &'a Printer,
        printer: &'a Printer,
    ) -> Self {
        Self { source, removal, bars, out, printer, course: Mutex::default() }
    }

    /// Every attempt at training, if there were any.
    pub(super) fn course(&self) -> Option<Search> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn introduce(&self, job: &Job<'_>, staying: &[usize], apart: &[LeftFile]) {
        let (model, out) = (&self.source.model, self.out);
        let cut = model.cut();
        let embeddings: Vec<&str> =
            cut.head.branches.iter().map(|branch| branch.embedding.as_str()).collect();
        let classes = format!("{} classes", cut.head.classes);
        let head = format!("{} ({} -> {})", cut.head.name, cut.head.width(), cut.head.classes);
        out.row("model", format!("{}: {classes}, head {head}", self.source.name));
        out.detail("", concat!("declass ", env!("CARGO_PKG_VERSION")));
        out.detail(
            "embedding",
            format!("{} (confidence {:.2})", embeddings.join(" and "), cut.why.confidence),
        );
        if let Some(place) = cut.head.position.place() {
            let place = place.name();
            out.row(
                "decides",
                format!("for every {place}: embeddings, strata and figures are of one {place} each"),
            );
        }
        self.forgetting(job.removal().forgotten(), staying);
        self.entities();
        self.history(job);
        let left = model.labels().map(|labels| LeftLabel::of(job.removal().forgotten(), labels));
        left.iter().flatten().for_each(|left| self.printer.warn(&left.warning()));
        cut.why.notes.iter().for_each(|note| self.printer.warn(note));
        if let Some(package) = model.origin() {
            out.row("package", package.to_string());
        }
        for path in &self.source.left {
            self.printer.warn(&format!("`{path}` of the repository is left out: it was not fetched"));
        }
        self.files(job, apart);
    }

    /// Which other files go along, and which do not.
    fn files(&self, job: &Job<'_>, apart: &[LeftFile]) {
        for other in job.removal().others() {
            self.out.row("also in", format!("{}: the same head", other.path));
        }
        for LeftFile { path, reason } in apart {
            self.printer.warn(&format!("`{path}` is left out: {reason}"));
        }
        let is_told = |path: &&RelPath| looks_like_record(path) || apart.iter().any(|it| it.path == **path);
        let left = job.artifact().left_out().iter().filter(|path| !is_told(path));
        let left: Vec<String> = left.map(|path| format!("`{path}`")).collect();
        match left.as_slice() {
            [] => {}
            [one] => self.printer.warn(&format!("{one} is left out: it may hold the same classes")),
            _ => self
                .printer
                .warn(&format!("left out, for they may hold the same classes: {}", left.join(", "))),
        }
    }

    /// The classes that go, and where these are many also those that stay.
    fn forgetting(&self, forgotten: &Forgotten, staying: &[usize]) {
        let (gone, left): (Vec<usize>, Vec<usize>) =
            (forgotten.indices().collect(), forgotten.retained().collect());
        let list = |classes: &[usize], most| listed(classes, most, self.source.model.labels());
        if gone.len() <= FEW {
            self.out.row("removing", list(&gone, FEW));
        } else {
            let count = format!("{} of {} classes", gone.len(), forgotten.classes());
            self.out.row("removing", format!("{count}: {}", list(&gone, FEW)));
            self.out.detail("", list(&gone, gone.len()));
            self.out.row("keeping", list(&left, FEW));
        }
        if !staying.is_empty() {
            let what = format!("{} too, since it stands for no class", list(staying, FEW));
            self.out.row(if gone.len() <= FEW { "keeping" } else { "" }, what);
        }
    }

    /// What is forgotten of entities, what is left of them, and whether what is forgotten stands for nothing.
    fn entities(&self) {
        let (model, forgotten) = (&self.source.model, self.removal.forgotten());
        let label = |class: usize| model.labels().and_then(|labels| labels.names.get(class));
        let is_nothing = |class: usize| {
            label(class).is_some_and(|label| label == NO_OBJECT) || model.cut().head.is_background(class)
        };
        if let Some(class) = forgotten.indices().find(|class| is_nothing(*class)) {
            let what = describe(class, model.labels());
            self.printer.warn(&format!(
                "{what} is the answer for all that is nothing: without it every box is an object"
            ));
        }
        let Some(labels) = model.labels().filter(|_| model.names_entities()) else { return };
        for name in forgotten.whole_entities(labels) {
            self.out.row("", format!("all labels of `{name}`"));
        }
        LeftPieces::of(forgotten, labels).iter().for_each(|left| self.printer.warn(&left.warning()));
    }

    fn history(&self, job: &Job<'_>) {
        let removals = match job.history().claims().len() {
            0 => return,
            1 => "an earlier removal".to_owned(),
            more => format!("{more} earlier removals"),
        };
        let stay = match job.still_forgotten() {
            [] => String::new(),
            classes => format!("; still removed: {}", self.names(classes)),
        };
        self.out.row("history", format!("continues {removals}{stay}"));
    }

    /// The removed classes, or how many they are.
    fn forgotten(&self) -> String {
        let gone: Vec<usize> = self.removal.forgotten().indices().collect();
        listed(&gone, FEW, self.source.model.labels())
    }

    fn names(&self, classes: &[usize]) -> String {
        classes.iter().map(|&class| self.name(class)).collect::<Vec<_>>().join(", ")
    }

    fn name(&self, class: usize) -> String {
        describe(class, self.source.model.labels())
    }

    fn sampled(&self, sampling: &Sampling, starved: &[usize]) {
        let total: usize = sampling.accepted.iter().sum();
        let rarely = match sampling.rare.iter().filter(|rare| rare.made > 0).count() {
            0 => String::new(),
            1 => "; 1 class that they hardly reach was sampled on its own".to_owned(),
            rare => format!("; {rare} classes that they hardly reach were sampled on their own"),
        };
        let line = if sampling.wanted.iter().all(|wanted| *wanted == 0) {
            let how = if self.removal.trains() {
                "starts at the minimum of its loss, without embeddings"
            } else {
                "works without embeddings"
            };
            format!("none: `{}` {how}", self.removal.method().name)
        } else {
            format!(
                "{} synthetic embeddings ({}) of {} draws, {:.1} for each{rarely}",
                grouped(total as u64),
                sampling.distribution,
                grouped(sampling.all_draws()),
                sampling.overhead()
            )
        };
        self.out.detail("sampling", line);
        self.starved(sampling, starved);
        for (class, &wanted) in sampling.wanted.iter().enumerate().filter(|(_, wanted)| **wanted > 0) {
            let count = sampling.accepted[class];
            self.out.detail("", format!("class {}: {count} of {wanted}", self.name(class)));
        }
        for rare in &sampling.rare {
            let Rare { class, sampler, made, tries } = rare;
            let how = match sampler {
                Sampler::EllipticalSlice => "elliptical slice sampling",
                Sampler::OutOfReach => "nothing: it is out of reach",
                Sampler::Sequential => "sequential rejection",
            };
            self.out.detail("", format!("class {}: {made} by {how}, {tries} tries", self.name(*class)));
        }
    }

    fn starved(&self, sampling: &Sampling, starved: &[usize]) {
        if let Some(&first) = starved.first() {
            self.printer.warn(&format!(
                "{} of {} classes got fewer embeddings than wanted, class {} for one: {} of {}",
                starved.len(),
                sampling.wanted.len(),
                self.name(first),
                sampling.accepted[first],
                sampling.wanted[first]
            ));
        }
    }

    fn not_trained(&self, why: NotTrained) {
        let unreaching = match why {
            NotTrained::NoEmbedding => "synthetic embedding",
            NotTrained::NoStratum => "stratum",
        };
        let rest = match self.removal.target().treatment() {
            Treatment::Drop => "the output is only dropped",
            Treatment::Leave => "nothing changes",
            Treatment::Seal => "the slot is only sealed",
        };
        self.out.row("note", format!("not trained, no {unreaching} reached the removed class: {rest}"));
    }

    fn trained(&self, trained: &Trained) {
        for attempt in &trained.attempts {
            let line = format!(
                "{}: worst stratum {:.1} %, retained agreement {:.2} %, divergence {:.2e} nats",
                attempt.course(),
                100.0 * attempt.worst_stratum,
                100.0 * attempt.retained_agreement,
                attempt.retained_kl
            );
            self.out.detail("", line);
        }
        let (method, kept) = (self.removal.method().name, &trained.attempts[trained.kept]);
        if let Some(Reached { loss, gradient, embeddings }) = &kept.reached {
            let on = grouped(*embeddings as u64);
            let line =
                format!("loss {loss:.1e} nats, norm of its gradient {gradient:.1e}, on {on} embeddings");
            self.out.detail("minimum", line);
        }
        let line = format!("{method}, {}: no test set recognises a removed class any more", kept.course());
        self.out.detail("unlearning", line);
    }

    fn sealed(&self, link: Link, has_bias: bool) {
        let what = match (link, has_bias) {
            (Link::Sigmoid, _) => format!("its score is the constant -{MARGIN}"),
            (_, true) => format!("its score is the average of the others less {MARGIN}"),
            (_, false) => {
                "its score is the average of the others; without a bias it can tie with them".to_owned()
            }
        };
        self.out.detail("sealing", what);
    }

    /// What came of it, in words first.
    pub(super) fn result(&self, report: &Report) {
        summary::tell(report.checks(), &self.forgotten(), report.cut().labels.as_ref(), self.out);
    }

    pub(super) fn failure(&self, report: &Report) {
        let failed = report.checks().iter().filter(|check| check.outcome == Outcome::Failed).count();
        let way = match self.removal.method().kind {
            Kind::SealOnly => "",
            _ => "; --method seal leaves the rows of the other classes as they are: try that",
        };
        self.printer.warn(&format!("{} failed: nothing was written{way}", counted(failed, "check")));
    }

    pub(super) fn written(&self, place: &Path, files: &[RelPath], signed_by: Option<&str>) {
        let attributes = place.join(ATTRIBUTES).exists().then_some(ATTRIBUTES);
        let others = files.iter().map(RelPath::as_str).filter(|name| *name != CARD_FILE);
        let files: Vec<&str> = [CARD_FILE].into_iter().chain(others).chain(attributes).collect();
        let records = match signed_by {
            Some(id) => format!("{CLAIM_FILE} {SIGNATURE_FILE} (signed by {id})"),
            None => format!("{STATEMENT_FILE} (UNSIGNED)"),
        };
        self.out.row("wrote", format!("{}: {} {records}", place.display(), files.join(" ")));
    }

    pub(super) fn limits(&self, report: &Report) {
        self.out.limit(
            "limits",
            "the features still know the class: a few labelled examples can bring it back; nothing is said about \
             training data",
        );
        let place = self.source.model.cut().head.position.place();
        let place = place.and_then(|place| place.not_claimed());
        place.into_iter().chain(summary::not_run(report.checks())).for_each(|what| self.out.limit("", what));
    }

    /// What people do then.
    pub(super) fn next(&self, out: &Path, is_signed: bool) {
        let (release, original) = (in_shell(&out.display().to_string()), in_shell(&self.source.name));
        self.out.row(
            "next",
            format!("declass evaluate {release} --original {original} --data FOLDER  (on your own inputs)"),
        );
        let publish = if is_signed {
            format!("declass verify {release} --trust declass-trust.toml")
        } else {
            format!("declass sign {release} --key KEY  (a key: `declass keygen`)")
        };
        self.out.row("", publish);
    }
}

/// A word as a shell takes it.
fn in_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@+=:,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
