//! How an attempt at unlearning went, in figures.

use std::fmt;

use crate::evidence::thresholds::aim;

/// An attempt in figures.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Learning rate; none for a closed form.
    pub learning_rate: Option<f64>,
    /// The largest factor by which training embeddings were stretched; 1 if they were as they were drawn.
    pub stretch: f32,
    /// Epochs trained; none for a closed form.
    pub epochs: usize,
    /// Largest share of the forgotten classes' embeddings still recognised in any stratum, at the end.
    pub worst_stratum: f64,
    /// Share of the retained classes' embeddings that keep their class, over all strata.
    pub retained_agreement: f64,
    /// The same for the retained class that fares worst.
    pub worst_class: f64,
    /// Mean divergence from the original head over the retained classes, in nats.
    pub retained_kl: f64,
    /// The method's loss and its gradient, where the head was put at the minimum instead of being trained.
    pub reached: Option<Reached>,
    /// Every epoch, the state before the first one included; for `--trace`, not for the claim.
    pub trace: Vec<Epoch>,
}

/// What is left of a loss where its minimum was known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reached {
    /// The mean loss over the strata's embeddings that the method is about, in nats.
    pub loss: f64,
    /// The norm of its gradient with respect to weights and biases.
    pub gradient: f64,
    /// How many embeddings that was measured on.
    pub embeddings: usize,
}

/// The state after one epoch.
#[derive(Clone, Debug)]
pub struct Epoch {
    /// Share of each stratum's embeddings of the forgotten classes that is still recognised.
    pub recognised: Vec<f64>,
    /// By how many nats the most stubborn embedding misses the margin.
    pub shortfall: f32,
}

impl Epoch {
    /// The largest of them.
    #[must_use]
    pub fn worst(&self) -> f64 {
        self.recognised.iter().copied().fold(0.0, f64::max)
    }
}

impl Summary {
    /// Whether every stratum was forgotten and the retained classes stayed.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.worst_stratum == 0.0
            && self.retained_agreement >= aim::RETAINED_AGREEMENT
            && self.worst_class >= aim::WORST_CLASS_AGREEMENT
            && self.retained_kl <= aim::RETAINED_DIVERGENCE
    }

    /// How it went on, in words.
    #[must_use]
    pub fn course(&self) -> String {
        match self.learning_rate {
            Some(rate) if self.stretch > 1.0 => {
                format!("lr {rate}, {} epochs, on embeddings stretched up to {}x", self.epochs, self.stretch)
            }
            Some(rate) => format!("lr {rate}, {} epochs", self.epochs),
            None => "in closed form".to_owned(),
        }
    }

    /// Whether the retained classes moved so little that no smaller learning rate need be tried.
    pub(super) fn is_harmless(&self) -> bool {
        self.retained_agreement >= 0.999 && self.retained_kl <= 1e-5
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missed =
            |holds: bool, bound: String| if holds { String::new() } else { format!(" (needs {bound})") };
        let percent = |rate: f64| format!("{:.0} %", 100.0 * rate);
        write!(
            f,
            "{}: worst stratum {:.1} % recognised{}, retained agreement {:.1} %{}, worst class {:.1} %{}, divergence \
             {:.2e} nats{}",
            self.course(),
            100.0 * self.worst_stratum,
            missed(self.worst_stratum == 0.0, percent(0.0)),
            100.0 * self.retained_agreement,
            missed(self.retained_agreement >= aim::RETAINED_AGREEMENT, percent(aim::RETAINED_AGREEMENT)),
            100.0 * self.worst_class,
            missed(self.worst_class >= aim::WORST_CLASS_AGREEMENT, percent(aim::WORST_CLASS_AGREEMENT)),
            self.retained_kl,
            missed(self.retained_kl <= aim::RETAINED_DIVERGENCE, aim::RETAINED_DIVERGENCE.to_string())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_says_which_bounds_it_missed() {
        let summary = Summary {
            learning_rate: None,
            stretch: 1.0,
            epochs: 0,
            worst_stratum: 0.0,
            retained_agreement: 0.902,
            worst_class: 0.761,
            retained_kl: 0.0296,
            reached: None,
            trace: Vec::new(),
        };
        assert_eq!(
            summary.to_string(),
            "in closed form: worst stratum 0.0 % recognised, retained agreement 90.2 % (needs 94 %), worst class \
             76.1 % (needs 87 %), divergence 2.96e-2 nats"
        );
        assert!(!summary.succeeded());
    }
}
