//! Progress bars on stderr, for work that takes long and only where somebody watches.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

#[cfg(feature = "compute")]
use declass::pipeline::Observer;
use declass::progress::{Progress, Step};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// One bar at a time.
pub(super) struct Bars {
    state: Mutex<Option<(Instant, ProgressBar)>>,
    /// Draw nothing at all.
    hidden: bool,
}

impl Progress for Bars {
    fn begin(&self, step: Step, total: u64) {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        let (name, unit) = match step {
            Step::Comparing => ("comparing", "{bytes}/{total_bytes}"),
            Step::Downloading => ("downloading", "{bytes}/{total_bytes}"),
            Step::Encoding => ("running", "{pos}/{len} examples"),
            Step::Hashing => ("hashing", "{bytes}/{total_bytes}"),
            Step::Releasing => ("releases", "{pos}/{len}"),
            Step::Sampling => ("sampling", "{pos}/{len}"),
            Step::Running => ("running both", "{pos}/{len} batches"),
            Step::Unlearning => ("unlearning", "{pos}/{len} epochs"),
            Step::Writing => ("writing", "{bytes}/{total_bytes}"),
        };
        if let Ok(style) = ProgressStyle::with_template(&format!("{name:<16}{{bar:40}} {unit} {{eta}}")) {
            bar.set_style(style);
        }
        self.with(|state| *state = Some((Instant::now(), bar)));
    }

    fn advance(&self, _: Step, units: u64) {
        self.with(|state| {
            if let Some((since, bar)) = state {
                if bar.is_hidden() && !self.hidden && since.elapsed() > PATIENCE {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                }
                bar.inc(units);
            }
        });
    }

    fn end(&self, _: Step) {
        self.with(|state| {
            if let Some((_, bar)) = state.take() {
                bar.finish_and_clear();
            }
        });
    }
}

/// What happens in a job is not told here.
#[cfg(feature = "compute")]
impl Observer for Bars {}

impl Bars {
    pub(super) fn new(hidden: bool) -> Self {
        Self { state: Mutex::default(), hidden }
    }

    fn with(&self, change: impl FnOnce(&mut Option<(Instant, ProgressBar)>)) {
        if let Ok(mut state) = self.state.lock() {
            change(&mut state);
        }
    }
}
