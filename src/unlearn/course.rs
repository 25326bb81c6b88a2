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
    /// Every epoch, the state before the first one included; for `--trace`, not for the claim.
    pub trace: Vec<Epoch>,
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
        let (worst, agreement) = (100.0 * self.worst_stratum, 100.0 * self.retained_agreement);
        write!(
            f,
            "{}: worst stratum {worst:.1} % recognised, retained agreement {agreement:.1} %, worst class \
             {:.1} %, divergence {:.2e} nats",
            self.course(),
            100.0 * self.worst_class,
            self.retained_kl
        )
    }
}
