//! Wishes, and whether they go together.

use super::Removal;
use crate::{
    classes::Forgotten,
    device::DeviceKind,
    embeddings::Distribution,
    error::{Parameter, RemovalError},
    head::{Accepted, Hints, Target, Treatment},
    methods::{Kind, Method, Optimizer},
};

/// Most training embeddings per class, and most epochs, that are not a slip.
const MOST_SAMPLES: usize = 1_000_000;
const MOST_EPOCHS: usize = 100_000;

/// A removal in the making; [`build`](Self::build) checks it.
#[derive(Clone, Debug)]
pub struct Builder {
    forgotten: Forgotten,
    method: &'static Method,
    treatment: Treatment,
    hints: Hints,
    accepted: Accepted,
    settings: Vec<(String, f64)>,
    optimizer: Option<Optimizer>,
    distribution: Option<Distribution>,
    samples: Option<usize>,
    learning_rate: Option<f64>,
    epochs: Option<usize>,
    seed: u64,
    verification_seed: Option<u64>,
    executed: Option<u32>,
    device: DeviceKind,
}

impl Builder {
    pub(super) fn new(forgotten: Forgotten, method: &'static Method) -> Self {
        Self {
            forgotten,
            method,
            treatment: Treatment::Seal,
            hints: Hints::default(),
            accepted: Accepted::default(),
            settings: Vec::new(),
            optimizer: None,
            distribution: None,
            samples: None,
            learning_rate: None,
            epochs: None,
            seed: 0,
            verification_seed: None,
            executed: None,
            device: DeviceKind::Cpu,
        }
    }

    /// Another method.
    #[must_use]
    pub fn method(self, method: &'static Method) -> Self {
        Self { method, ..self }
    }

    /// What becomes of the forgotten outputs [default: they are sealed].
    #[must_use]
    pub fn treatment(self, treatment: Treatment) -> Self {
        Self { treatment, ..self }
    }

    /// What is said of the model by hand: it must be what the model's head was located with.
    #[must_use]
    pub fn hints(self, hints: Hints) -> Self {
        Self { hints, ..self }
    }

    /// What is accepted although it is hardly ever wanted [default: nothing].
    #[must_use]
    pub fn accepted(self, accepted: Accepted) -> Self {
        Self { accepted, ..self }
    }

    /// A setting of the method [default: the paper's].
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: f64) -> Self {
        self.settings.push((name.into(), value));
        self
    }

    /// How the method gets to its head [default: from the minimum of its loss where that is known, unless something is
    /// said about the training: its embeddings, rate or epochs].
    #[must_use]
    pub fn optimizer(self, optimizer: Optimizer) -> Self {
        Self { optimizer: Some(optimizer), ..self }
    }

    /// What training embeddings are drawn from [default: Gaussian].
    #[must_use]
    pub fn distribution(self, distribution: Distribution) -> Self {
        Self { distribution: Some(distribution), ..self }
    }

    /// Training embeddings per class [default: 1000].
    #[must_use]
    pub fn samples(self, samples: usize) -> Self {
        Self { samples: Some(samples), ..self }
    }

    /// The learning rate [default: the best of `unlearn::LEARNING_RATES`].
    #[must_use]
    pub fn learning_rate(self, rate: f64) -> Self {
        Self { learning_rate: Some(rate), ..self }
    }

    /// Most epochs of one attempt [default: 300].
    #[must_use]
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs: Some(epochs), ..self }
    }

    /// Seed of all randomness [default: 0].
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Seed of what is measured on the result [default: that of everything else].
    #[must_use]
    pub fn verification_seed(self, seed: u64) -> Self {
        Self { verification_seed: Some(seed), ..self }
    }

    /// On how many made-up inputs original and copy are run at least, none for 0 [default: as many as their size
    /// allows in some seconds].
    #[must_use]
    pub fn executed(self, inputs: u32) -> Self {
        Self { executed: Some(inputs), ..self }
    }

    /// The kind of device that computes [default: the CPU].
    #[must_use]
    pub fn device(self, device: DeviceKind) -> Self {
        Self { device, ..self }
    }

    /// The removal, if the wishes go together.
    ///
    /// # Errors
    /// [`RemovalError`] for each contradiction.
    pub fn build(self) -> Result<Removal, RemovalError> {
        let method = self.method;
        let idle = self.idle();
        if !idle.is_empty() {
            return Err(RemovalError::WithoutUse { method: method.name, parameters: idle });
        }
        self.require_ranges()?;
        if self.treatment == Treatment::Leave && matches!(method.kind, Kind::SealOnly) {
            return Err(RemovalError::NothingToDo);
        }
        let optimizer = self.optimizer.unwrap_or_else(|| self.usual_optimizer());
        if optimizer == Optimizer::Minimum && method.minimum.is_none() {
            return Err(RemovalError::NoMinimum { method: method.name });
        }
        Ok(Removal {
            optimizer,
            settings: method.settings(&self.settings)?,
            target: Target::new(self.forgotten, self.treatment, self.hints, self.accepted),
            method,
            distribution: self.distribution.unwrap_or_default(),
            samples: self.samples.unwrap_or(1000),
            learning_rate: self.learning_rate,
            epochs: self.epochs.unwrap_or(300),
            seed: self.seed,
            verification_seed: self.verification_seed.unwrap_or(self.seed),
            executed: self.executed,
            device: self.device,
            others: Vec::new(),
        })
    }

    /// Whoever says how to train wants it done.
    fn usual_optimizer(&self) -> Optimizer {
        let training = self.distribution.is_some()
            || self.samples.is_some()
            || self.learning_rate.is_some()
            || self.epochs.is_some();
        match self.method.minimum {
            Some(_) if !training => Optimizer::Minimum,
            _ => Optimizer::Sgd,
        }
    }

    /// What was wished for and the method makes no use of.
    fn idle(&self) -> Vec<Parameter> {
        let draws = !matches!(self.method.kind, Kind::SealOnly);
        let trains = matches!(self.method.kind, Kind::Trained(_));
        let given = [
            (Parameter::Distribution, self.distribution.is_some() && !draws),
            (Parameter::Epochs, self.epochs.is_some() && !trains),
            (Parameter::LearningRate, self.learning_rate.is_some() && !trains),
            (Parameter::Optimizer, self.optimizer.is_some() && !trains),
            (Parameter::Samples, self.samples.is_some() && !draws),
        ];
        given.into_iter().filter(|(_, idle)| *idle).map(|(parameter, _)| parameter).collect()
    }

    fn require_ranges(&self) -> Result<(), RemovalError> {
        let usual = [
            (Parameter::Epochs, self.epochs.is_none_or(|epochs| epochs <= MOST_EPOCHS)),
            (Parameter::LearningRate, self.learning_rate.is_none_or(|rate| rate.is_finite() && rate > 0.0)),
            (Parameter::Samples, self.samples.is_none_or(|samples| (1..=MOST_SAMPLES).contains(&samples))),
        ];
        match usual.into_iter().find(|(_, fits)| !fits) {
            Some((parameter, _)) => Err(RemovalError::OutOfRange { parameter }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods;

    fn removal(method: &str) -> Builder {
        let forgotten = Forgotten::resolve(&["1"], 3, None).unwrap();
        Removal::of(forgotten, methods::by_name(method).unwrap())
    }

    #[test]
    fn what_is_left_out_is_the_default_and_equal_wishes_are_equal_removals() {
        let plain = removal("delete").build().unwrap();
        assert_eq!(
            plain,
            removal("delete").optimizer(Optimizer::Minimum).verification_seed(0).build().unwrap()
        );
        let trained = removal("delete").optimizer(Optimizer::Sgd).build().unwrap();
        assert_eq!(trained, removal("delete").samples(1000).epochs(300).build().unwrap(), "as it was");
        assert_ne!(plain, trained);
        assert_ne!(plain, removal("delete").seed(7).build().unwrap());
        assert_eq!(removal("delete").seed(7).build().unwrap().verification_seed(), 7);
        assert_eq!(plain.verified_with(9).seed(), 0);
    }

    #[test]
    fn contradictions_are_refused_each_for_its_own_reason() {
        let refused = |builder: Builder| builder.build().unwrap_err();
        assert_eq!(refused(removal("seal").treatment(Treatment::Leave)), RemovalError::NothingToDo);
        let parameters = vec![Parameter::Epochs, Parameter::Samples];
        let idle = RemovalError::WithoutUse { method: "seal", parameters };
        assert_eq!(refused(removal("seal").samples(5).epochs(1)), idle);
        let rate = RemovalError::OutOfRange { parameter: Parameter::LearningRate };
        assert_eq!(refused(removal("delete").learning_rate(f64::NAN)), rate);
        let none = RemovalError::NoMinimum { method: "scrub" };
        assert_eq!(refused(removal("scrub").optimizer(Optimizer::Minimum)), none);
        let unknown = refused(removal("delete").setting("beta", 0.5));
        assert!(matches!(unknown, RemovalError::UnknownSetting { .. }), "{unknown:?}");
        assert_eq!(
            Treatment::of(crate::head::Slot::Drop, Some(true)),
            Err(RemovalError::SealOfDropped),
            "there is no row to seal"
        );
    }

    #[test]
    fn more_classes_may_be_forgotten_but_never_all() {
        let one = removal("delete").build().unwrap();
        assert_eq!(one.forgetting_also(&[1, 2]).unwrap().forgotten().indices().collect::<Vec<_>>(), [1, 2]);
        assert!(one.forgetting_also(&[0, 2]).is_err());
    }
}
