//! What `declass unlearn` says: a line for each step.

use declass::{
    classes::describe,
    embeddings::{Rare, Sampler, Sampling},
    evidence::Outcome,
    formats::RelPath,
    head::{Link, Treatment},
    release::{CLAIM_FILE, STATEMENT_FILE},
    sign::SIGNATURE_FILE,
    unlearn::{MARGIN, Material, Trained},
    verify::Report,
};

use super::Run;
use crate::cli::output::{Printer, counted, grouped};

impl Run<'_> {
    pub(super) fn out(&self) -> &Printer {
        if self.args.json { &self.silent } else { self.printer }
    }

    pub(super) fn introduce(&self) {
        let cut = &self.source.cut;
        let embeddings: Vec<&str> =
            cut.head.branches.iter().map(|branch| branch.embedding.as_str()).collect();
        let version = concat!("declass ", env!("CARGO_PKG_VERSION"));
        let out = self.out();
        out.row(version, format!("{}, {} classes", self.source.name, cut.head.classes));
        out.row("head", format!("{} ({} -> {})", cut.head.name, cut.head.width(), cut.head.classes));
        out.row("embedding", format!("{} (confidence {:.2})", embeddings.join(" and "), cut.why.confidence));
        out.row("forgetting", self.names(&self.removal.forgotten().indices().collect::<Vec<_>>()));
        if !self.history.claims().is_empty() {
            let removals = match self.history.claims().len() {
                1 => "an earlier removal".to_owned(),
                more => format!("{more} earlier removals"),
            };
            let stay = match self.earlier.as_slice() {
                [] => String::new(),
                classes => format!("; still forgotten: {}", self.names(classes)),
            };
            out.row("history", format!("continues {removals}{stay}"));
        }
        cut.why.notes.iter().for_each(|note| self.printer.warn(note));
        if let Some(package) = &self.source.package {
            out.row("package", package.to_string());
        }
        for path in &self.source.left {
            self.printer.warn(&format!("`{path}` of the repository is left out: it was not fetched"));
        }
        let left = self.source.artifact.left_out();
        for path in left.iter().filter(|path| !path.is_record()) {
            self.printer.warn(&format!("`{path}` is left out: it may hold the same classes"));
        }
    }

    fn names(&self, classes: &[usize]) -> String {
        classes.iter().map(|&class| self.name(class)).collect::<Vec<_>>().join(", ")
    }

    fn name(&self, class: usize) -> String {
        describe(class, self.source.labels.as_ref())
    }

    pub(super) fn report_sampling(&self, material: &Material) {
        let sampling = &material.sampling;
        let total: usize = sampling.accepted.iter().sum();
        let rare = sampling.rare.iter().filter(|rare| rare.made > 0).count();
        let rarely = match rare {
            0 => String::new(),
            1 => "; 1 class that they hardly reach was sampled on its own".to_owned(),
            _ => format!("; {rare} classes that they hardly reach were sampled on their own"),
        };
        let line = format!(
            "{} synthetic embeddings ({}), {} draws, {:.1} each{rarely}",
            grouped(total as u64),
            sampling.distribution,
            grouped(sampling.draws),
            sampling.overhead()
        );
        self.out().row("sampling", line);
        self.report_starved(sampling);
        for (class, count) in
            sampling.accepted.iter().enumerate().filter(|(class, _)| sampling.wanted[*class] > 0)
        {
            self.out()
                .detail("", format!("class {}: {count} of {}", self.name(class), sampling.wanted[class]));
        }
        for rare in &sampling.rare {
            let Rare { class, sampler, made, tries } = rare;
            let how = match sampler {
                Sampler::EllipticalSlice => "elliptical slice sampling",
                Sampler::OutOfReach => "nothing: it is out of reach",
                Sampler::Sequential => "sequential rejection",
            };
            self.out().detail("", format!("class {}: {made} by {how}, {tries} tries", self.name(*class)));
        }
    }

    fn report_starved(&self, sampling: &Sampling) {
        let starved: Vec<usize> = sampling.starved().filter(|class| !self.earlier.contains(class)).collect();
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

    pub(super) fn report_unreached(&self, classes: &[usize]) {
        // That nothing reaches a class which was removed before is as it should be.
        for &class in classes.iter().filter(|class| !self.earlier.contains(class)) {
            self.printer.warn(&format!("no synthetic embedding reached class {}", self.name(class)));
        }
    }

    pub(super) fn report_no_training(&self, unreaching: &str) {
        let rest = match self.removal.target().treatment() {
            Treatment::Drop => "the output is only dropped",
            Treatment::Leave => "nothing changes",
            Treatment::Seal => "the slot is only sealed",
        };
        self.out().row("unlearning", format!("not trained, no {unreaching} reached the forgotten: {rest}"));
    }

    pub(super) fn report_training(&self, trained: &Trained) {
        let method = self.removal.method().name;
        for attempt in &trained.attempts {
            let line = format!(
                "{}: worst stratum {:.1} %, retained agreement {:.2} %, divergence {:.2e} nats",
                attempt.course(),
                100.0 * attempt.worst_stratum,
                100.0 * attempt.retained_agreement,
                attempt.retained_kl
            );
            self.out().detail("", line);
        }
        let kept = &trained.attempts[trained.kept];
        let line = format!("{method}, {}: no stratum recognises the forgotten", kept.course());
        self.out().row("unlearning", line);
    }

    pub(super) fn report_seal(&self, link: Link, has_bias: bool) {
        let what = match (link, has_bias) {
            (Link::Sigmoid, _) => format!("constant logit -{MARGIN}"),
            (_, true) => format!("mean of the retained rows, {MARGIN} nats below"),
            (_, false) => "mean of the retained rows; without a bias it can tie with them".to_owned(),
        };
        self.out().row("sealing", what);
    }

    pub(super) fn report_checks(&self, report: &Report) {
        self.out().row("verifying", "the written copy, opened again");
        report.checks().iter().for_each(|check| self.out().check(check, report.cut().labels.as_ref()));
    }

    pub(super) fn report_failure(&self, report: &Report) {
        let failed = report.checks().iter().filter(|check| check.outcome == Outcome::Failed).count();
        self.printer.warn(&format!("{} failed: nothing was written", counted(failed, "check")));
    }

    pub(super) fn report_written(&self, files: &[RelPath]) {
        let files: Vec<&str> = files.iter().map(RelPath::as_str).collect();
        let records = match self.signed_by() {
            Some(id) => format!("{CLAIM_FILE} {SIGNATURE_FILE} (signed by {id})"),
            None => format!("{STATEMENT_FILE} (UNSIGNED)"),
        };
        self.out().row("wrote", format!("{}: {} {records}", self.args.out.display(), files.join(" ")));
    }

    pub(super) fn report_limits(&self) {
        self.out().row(
            "not shown",
            "the features are unchanged: few-shot relearning can restore the class; no claim about training data",
        );
    }
}
