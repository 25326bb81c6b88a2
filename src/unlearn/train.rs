//! Choosing the learning rate and keeping the best attempt.

use candle_core::Device;

use super::{
    LEARNING_RATES, Material,
    attempt::{Attempt, Bench, close, run},
    course::Summary,
};
use crate::{
    embeddings::Stratum,
    error::{Error, UnlearnError},
    head::LinearHead,
    methods::Kind,
    progress::{Progress, Step},
    removal::Removal,
    tail::with_crew,
};

/// A head that forgot every stratum, and how it got there.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The head, over the whole embedding space.
    pub head: LinearHead,
    /// Which attempt was kept.
    pub kept: usize,
    /// Every attempt made, in order.
    pub attempts: Vec<Summary>,
}

impl Trained {
    /// The share of the retained classes' embeddings that kept their class, over all strata.
    #[must_use]
    pub fn retained_agreement(&self) -> f64 {
        self.attempts.get(self.kept).map_or(1.0, |kept| kept.retained_agreement)
    }
}

/// What was tried, whether or not it succeeded.
#[derive(Clone, Debug)]
pub struct Search {
    /// Every attempt made, in order.
    pub attempts: Vec<Summary>,
    /// The strata, in the order of [`Epoch::recognised`](super::Epoch::recognised).
    pub strata: Vec<Stratum>,
    /// The best successful attempt.
    pub(super) best: Option<Best>,
}

/// A head that forgot.
#[derive(Clone, Debug)]
pub(super) struct Best {
    /// Which attempt made it.
    pub(super) kept: usize,
    /// Over the whole embedding space.
    pub(super) head: LinearHead,
}

impl Search {
    /// Whether some attempt succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.best.is_some()
    }

    /// The same, made after other attempts, which failed.
    #[must_use]
    pub fn after(self, earlier: Vec<Summary>) -> Self {
        let before = earlier.len();
        let attempts = earlier.into_iter().chain(self.attempts).collect();
        let best = self.best.map(|Best { kept, head }| Best { kept: kept + before, head });
        Self { attempts, best, ..self }
    }

    /// The head that was found.
    ///
    /// # Errors
    /// [`UnlearnError::DidNotForget`] with all attempts if none succeeded.
    pub fn trained(self) -> Result<Trained, Error> {
        let attempts = self.attempts;
        match self.best {
            Some(Best { kept, head }) => Ok(Trained { head, kept, attempts }),
            None => {
                let trains = attempts.iter().any(|attempt| attempt.learning_rate.is_some());
                let attempts = attempts.iter().map(ToString::to_string).collect();
                Err(UnlearnError::DidNotForget { trains, attempts }.into())
            }
        }
    }
}

/// Unlearns the head with a method.
///
/// Learning rates are tried from the largest down; the successful attempt with the
/// least divergence on the retained classes is kept, and the search ends at the first that does worse than
/// the one before or leaves nothing to gain.
///
/// # Errors
/// As [`search`], and [`UnlearnError::DidNotForget`] with all attempts if none succeeded.
pub fn train(
    head: &LinearHead,
    material: &Material,
    removal: &Removal,
    device: &Device,
    progress: &dyn Progress,
) -> Result<Trained, Error> {
    search(head, material, removal, device, progress)?.trained()
}

/// The same, for whoever wants to know what was tried also where nothing succeeded.
///
/// # Errors
/// [`UnlearnError::NothingToTrain`] for a method that is no more than the seal; what a method's formula says;
/// [`Error::Compute`] if the device fails.
pub fn search(
    head: &LinearHead,
    material: &Material,
    removal: &Removal,
    device: &Device,
    progress: &dyn Progress,
) -> Result<Search, Error> {
    let before = material.space.restrict(head)?;
    let data = removal.method().data;
    let mut bench = Bench::new(before.clone(), material, removal.forgotten(), data, device)?;
    let mut attempts: Vec<Summary> = Vec::new();
    let mut best = with_crew(bench.work(), || try_all(&bench, removal, &mut attempts, progress))?;
    if best.is_none() && matches!(removal.method().kind, Kind::Trained(_)) {
        bench.stretch(material, data, &STRETCHES)?;
        best = with_crew(bench.work(), || try_all(&bench, removal, &mut attempts, progress))?;
    }
    let best = match best {
        Some((kept, attempt)) => {
            let head = material.space.lift(head, &before, &attempt.head)?;
            Some(Best { kept, head })
        }
        None => None,
    };
    Ok(Search { attempts, strata: bench.judge.strata().collect(), best })
}

/// Where nothing succeeds on embeddings as they were drawn, those of so many times the length are trained on,
/// too: the strata that stay recognised are the longest ones, where a class that is forgotten with others may
/// go on winning.
const STRETCHES: [f32; 3] = [2.0, 4.0, 8.0];

/// Tries one candidate after the other and says which attempt was the best successful one.
fn try_all(
    bench: &Bench<'_>,
    removal: &Removal,
    attempts: &mut Vec<Summary>,
    progress: &dyn Progress,
) -> Result<Option<(usize, Attempt)>, Error> {
    let mut best: Option<(usize, Attempt)> = None;
    let candidates = candidates(removal);
    progress.begin(Step::Unlearning, (candidates.len() * removal.epochs()) as u64);
    for rate in candidates {
        let attempt = match removal.method().kind {
            Kind::ClosedForm(formula) => close(bench, formula, removal.settings())?,
            Kind::SealOnly => {
                return Err(UnlearnError::NothingToTrain { method: removal.method().name }.into());
            }
            Kind::Trained(gradient) => run(bench, gradient, rate.unwrap_or_default(), removal, progress)?,
        };
        attempts.push(attempt.summary.clone());
        let better = |(_, kept): &(usize, Attempt)| attempt.summary.retained_kl < kept.summary.retained_kl;
        if attempt.summary.succeeded() && best.as_ref().is_none_or(better) {
            best = Some((attempts.len() - 1, attempt));
        } else if best.is_some() {
            // Smaller rates move the head less and less: the first that does worse ends the search.
            break;
        }
        if best.as_ref().is_some_and(|(_, kept)| kept.summary.is_harmless()) {
            break;
        }
    }
    progress.end(Step::Unlearning);
    Ok(best)
}

/// What is tried, in order: learning rates, or the closed form.
fn candidates(removal: &Removal) -> Vec<Option<f64>> {
    match (removal.method().kind, removal.learning_rate()) {
        (Kind::Trained(_), None) => LEARNING_RATES.map(Some).to_vec(),
        (Kind::Trained(_), rate) => vec![rate],
        _ => vec![None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{classes::Forgotten, methods, progress::Silent};

    /// Three classes whose rows point away from each other.
    fn head() -> LinearHead {
        let weight = vec![1.0, 0.0, 0.0, -0.5, 0.9, 0.0, -0.5, -0.9, 0.1];
        LinearHead { classes: 3, width: 3, weight, bias: vec![0.1, 0.0, -0.1], has_bias: true }
    }

    fn trained(method: &str, epochs: usize, has_bias: bool) -> Result<Trained, Error> {
        let mut head = LinearHead { has_bias, ..head() };
        if !has_bias {
            head.bias.fill(0.0);
        }
        let forgotten = Forgotten::resolve(&["1"], 3, None)?;
        let removal = Removal::of(forgotten, methods::by_name(method).unwrap()).samples(500).seed(3);
        let removal = removal.epochs(epochs).build()?;
        let material = Material::draw(&head, &removal, &Device::Cpu, &Silent)?;
        train(&head, &material, &removal, &Device::Cpu, &Silent)
    }

    #[test]
    fn the_attempt_that_disturbs_least_is_kept() {
        let trained = trained("delete", 300, true).unwrap();
        let kept = &trained.attempts[trained.kept];
        assert!(kept.succeeded());
        let successes = trained.attempts.iter().filter(|attempt| attempt.succeeded());
        assert!(successes.into_iter().all(|other| other.retained_kl >= kept.retained_kl));
        assert_ne!(trained.head, head());
    }

    #[test]
    fn too_few_epochs_are_a_failure_that_tells_what_was_tried() {
        let Err(Error::Unlearn(UnlearnError::DidNotForget { trains: true, attempts })) =
            trained("random-labels", 0, true)
        else {
            panic!()
        };
        assert_eq!(attempts.len(), 2 * LEARNING_RATES.len(), "as drawn, and stretched");
        assert!(attempts.iter().all(|attempt| attempt.contains("worst stratum 100.0 %")));
    }

    #[test]
    fn a_head_without_bias_gets_none() {
        let trained = trained("delete", 300, false).unwrap();
        assert_eq!(trained.head.bias, [0.0; 3]);
    }
}
