//! The first-order assumptions of a gradient method, checked on the original head.
//!
//! With `s` the gradient of a sample's loss with respect to its logits, one gradient step moves the logits of
//! an independent forgotten embedding by `-lr A_k`, `A_k = E[s_k z]·E[z'] + E[s_k]`. So `A_f > 0` for every
//! forgotten and `A_r < 0` for every retained class means: forgotten logits go down, retained ones up, to
//! first order. The sign condition asks the same of every sample's `s`.

use candle_core::Device;

use crate::{
    classes::Forgotten,
    embeddings::{Distribution, Quota, draw},
    error::Error,
    evidence::{Check, Definition, Figure, Origin, Outcome, Side},
    head::LinearHead,
    methods::{Batch, Gradient, Kind},
    progress::Silent,
    removal::Removal,
    rng::{self, Address, Purpose},
    space::Space,
    tail::Weights,
};

/// Embeddings per forgotten class; one half gives the gradient, the other the independent embeddings.
const SAMPLES: usize = 2000;
/// A gradient entry must exceed this to have a sign.
const EPSILON: f32 = 1e-12;
/// Stream of the method's own randomness, beyond any batch of draws.
const TARGETS_STREAM: u64 = 1 << 42;

pub(super) static DEFINITION: Definition = Definition {
    id: "assumptions",
    version: 1,
    number: None,
    formula: "s: gradient of a sample's loss with respect to its logits; A_k = E[s_k z] E[z'] + E[s_k] over \
              independent halves; A_f > 0 for every forgotten and A_r < 0 for every retained class; the same \
              of the signs of every sample's s",
    origin: Origin::Synthetic,
    data: "gaussian synthetic embeddings of the forgotten classes, original head",
    shows: "whether the method's first step pushes forgotten logits down and retained ones up",
    not_shown: "success: it is about the direction of the first step only",
};

pub(super) fn check(original: &LinearHead, removal: &Removal, device: &Device) -> Result<Check, Error> {
    let (summary, figures) = match removal.method().kind {
        Kind::ClosedForm(_) | Kind::SealOnly => {
            ("does not apply: no gradient was followed".to_owned(), Vec::new())
        }
        Kind::Trained(_) if !removal.method().data.has_forgotten() => {
            ("does not apply: the method does not look at samples of removed classes".to_owned(), Vec::new())
        }
        Kind::Trained(gradient) => match signs(original, gradient, removal, device)? {
            None => ("could not be checked: no draw reached a removed class".to_owned(), Vec::new()),
            Some(signs) => signs.describe(),
        },
    };
    Ok(Check { definition: &DEFINITION, outcome: Outcome::Informative, summary, figures })
}

/// What the gradients of the forgotten samples look like.
struct Signs {
    samples: u64,
    /// Share of samples whose gradient is positive on their own class, negative on every retained one, and
    /// both.
    own: f64,
    retained: f64,
    both: f64,
    /// Smallest `A_f` and largest `A_r`.
    forgotten_alignment: f64,
    retained_alignment: f64,
}

impl Signs {
    fn describe(self) -> (String, Vec<Figure>) {
        let aligned = self.forgotten_alignment > 0.0 && self.retained_alignment < 0.0;
        let verdict = match (self.both == 1.0, aligned) {
            (true, true) => "hold for every sample",
            (false, true) => "hold on average, not for every sample",
            _ => "do not hold",
        };
        let figure = |quantity, value, unit| Figure::new(quantity, value, unit).on(Side::Before);
        let rate = |quantity, value| figure(quantity, value, "rate").of(self.samples);
        let alignment = |quantity, value| figure(quantity, value, "logit").against(0.0);
        let figures = vec![
            rate("lowers-own-class", self.own),
            rate("raises-every-retained-class", self.retained),
            rate("lowers-own-and-raises-every-retained-class", self.both),
            alignment("smallest-forgotten-alignment", self.forgotten_alignment),
            alignment("largest-retained-alignment", self.retained_alignment),
        ];
        (format!("first-order assumptions of the method {verdict}"), figures)
    }
}

fn signs(
    original: &LinearHead,
    gradient: Gradient,
    removal: &Removal,
    device: &Device,
) -> Result<Option<Signs>, Error> {
    let head = Space::spanned_by(&[original])?.restrict(original)?;
    let wanted = |class| if removal.forgotten().contains(class) { SAMPLES } else { 0 };
    let quota = Quota::new((0..head.classes).map(wanted).collect());
    let address = Address { seed: removal.verification_seed(), purpose: Purpose::Verification };
    let (embeddings, _) = draw(&head, Distribution::Gaussian, &quota, address, device, &Silent)?;
    if embeddings.len() < 2 {
        return Ok(None);
    }
    let weights = Weights::of(&head, device)?;
    let evaluate = || -> candle_core::Result<(Vec<f32>, Vec<f32>)> {
        let rows = embeddings.to_device(device)?;
        let logits = weights.logits(&rows)?;
        let s = gradient(&mut Batch {
            logits: &logits,
            original: &logits,
            labels: &embeddings.labels,
            forgotten: removal.forgotten(),
            settings: removal.settings(),
            rng: &mut rng::stream(removal.verification_seed(), Purpose::Verification, TARGETS_STREAM),
        })?;
        Ok((s.flatten_all()?.to_vec1()?, embeddings.values.clone()))
    };
    let (s, z) = evaluate().map_err(Error::compute("checking assumptions"))?;
    Ok(Some(summarise(&s, &z, &embeddings.labels, &head, removal.forgotten())))
}

fn summarise(s: &[f32], z: &[f32], labels: &[u32], head: &LinearHead, forgotten: &Forgotten) -> Signs {
    let n = labels.len();
    let (mut own, mut retained, mut both) = (0u64, 0u64, 0u64);
    let mut pull = vec![vec![0.0f64; head.width + 1]; head.classes];
    let mut mean = vec![0.0f64; head.width];
    let rows = s.chunks_exact(head.classes).zip(z.chunks_exact(head.width)).zip(labels);
    for (i, ((s, z), &label)) in rows.enumerate() {
        let down = s[label as usize] > EPSILON;
        let up = forgotten.retained().all(|class| s[class] < -EPSILON);
        own += u64::from(down);
        retained += u64::from(up);
        both += u64::from(down && up);
        if i % 2 == 1 {
            mean.iter_mut().zip(z).for_each(|(m, &z)| *m += f64::from(z) / (n / 2) as f64);
            continue;
        }
        for (pull, &s) in pull.iter_mut().zip(s) {
            let s = f64::from(s) / n.div_ceil(2) as f64;
            pull.iter_mut().zip(z).for_each(|(p, &z)| *p += s * f64::from(z));
            pull[head.width] += s;
        }
    }
    let alignment = |class: usize| {
        let bias = if head.has_bias { pull[class][head.width] } else { 0.0 };
        pull[class].iter().zip(&mean).map(|(p, m)| p * m).sum::<f64>() + bias
    };
    let share = |count: u64| count as f64 / n as f64;
    Signs {
        samples: n as u64,
        own: share(own),
        retained: share(retained),
        both: share(both),
        forgotten_alignment: forgotten.indices().map(alignment).fold(f64::INFINITY, f64::min),
        retained_alignment: forgotten.retained().map(alignment).fold(f64::NEG_INFINITY, f64::max),
    }
}
