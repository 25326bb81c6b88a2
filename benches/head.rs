//! Sampling and unlearning one class of a 10 x 512 head, 5000 samples per class, on one core:
//!
//!     cargo bench --bench head --no-run && RAYON_NUM_THREADS=1 taskset -c 1 cargo bench --bench head
//!
//! The baseline `whole-space` is the straightforward way: it draws whole embeddings, labels them with the
//! whole weight matrix and trains in all 512 dimensions, with the very same code and settings otherwise.
//! `row-space` is what the program does. After divan's table `cargo bench --bench head` prints the ratio of
//! the two.
#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

use std::{
    fmt,
    time::{Duration, Instant},
};

use candle_core::Device;
use declass::{
    classes::Forgotten,
    embeddings::{Distribution, Quota, Strata, draw},
    head::LinearHead,
    methods::{self, Method},
    progress::Silent,
    removal::{Builder, Removal},
    rng::{Address, Purpose, stream},
    space::Space,
    unlearn::{Material, train},
};
use divan::Bencher;

const CLASSES: usize = 10;
const WIDTH: usize = 512;
const FORGOTTEN: usize = 3;
const WAYS: [Way; 2] = [Way::RowSpace, Way::WholeSpace];
const EPOCHS: usize = 20;
const ROUNDS: usize = 7;

fn main() {
    divan::main();
    if std::env::args().any(|argument| argument == "--bench") {
        compare();
    }
}

#[divan::bench(args = WAYS, sample_count = 10, sample_size = 1)]
fn sampling(bencher: Bencher<'_, '_>, way: Way) {
    let job = Job::new();
    bencher.bench_local(|| job.sample(way));
}

#[divan::bench(args = WAYS, sample_count = 10, sample_size = 1)]
fn unlearning_to_the_stop(bencher: Bencher<'_, '_>, way: Way) {
    let job = Job::new();
    let material = job.sample(way);
    bencher.bench_local(|| job.unlearn(&material));
}

#[divan::bench(args = WAYS, sample_count = 10, sample_size = 1)]
fn twenty_epochs(bencher: Bencher<'_, '_>, way: Way) {
    let job = Job::new();
    let material = job.sample(way);
    bencher.bench_local(|| job.train_for(&material, EPOCHS));
}

/// How embeddings are represented.
#[derive(Clone, Copy, Debug)]
enum Way {
    RowSpace,
    WholeSpace,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RowSpace => "row-space",
            Self::WholeSpace => "whole-space",
        })
    }
}

fn removal(method: &'static Method) -> Builder {
    let forgotten = Forgotten::from_indices([FORGOTTEN].into(), CLASSES).expect("one of ten classes");
    Removal::of(forgotten, method).samples(5000)
}

struct Job {
    head: LinearHead,
    removal: Removal,
}

impl Job {
    fn new() -> Self {
        let delete = methods::by_name("delete").expect("the default method");
        Self { head: head(), removal: removal(delete).build().expect("nothing contradicts the defaults") }
    }

    fn sample(&self, way: Way) -> Material {
        let material = match way {
            Way::RowSpace => Material::draw(&self.head, &self.removal, &Device::Cpu, &Silent),
            Way::WholeSpace => self.sample_whole(),
        };
        material.expect("drawing on the CPU")
    }

    /// [`Material::draw`] without the detour through the row space.
    fn sample_whole(&self) -> Result<Material, declass::error::Error> {
        let (distribution, samples, seed) =
            (self.removal.distribution(), self.removal.samples(), self.removal.seed());
        let space = Space::whole(WIDTH);
        let quota = Quota::new(vec![samples; CLASSES]);
        let address = Address { seed, purpose: Purpose::Training };
        let (training, sampling) = draw(&self.head, distribution, &quota, address, &Device::Cpu, &Silent)?;
        let address = Address { seed, purpose: Purpose::Stopping };
        let strata = Strata::draw(&self.head, &space, vec![1000; CLASSES], |_| true, address, &Device::Cpu)?;
        Ok(Material { space, training, sampling, strata })
    }

    fn unlearn(&self, material: &Material) -> usize {
        let trained = self.train(material, &self.removal).expect("this head can be unlearned");
        trained.attempts.iter().map(|attempt| attempt.epochs).sum()
    }

    /// A rate so small that no stratum is forgotten and every epoch is run.
    fn train_for(&self, material: &Material, epochs: usize) {
        let removal = removal(self.removal.method()).learning_rate(1e-9).epochs(epochs).build();
        assert!(
            self.train(material, &removal.expect("usual numbers")).is_err(),
            "stopped before the last epoch"
        );
    }

    fn train(
        &self,
        material: &Material,
        removal: &Removal,
    ) -> Result<declass::unlearn::Trained, declass::error::Error> {
        train(&self.head, material, removal, &Device::Cpu, &Silent)
    }
}

/// A head as training leaves it: rows of norm 1.0 to 1.5 that sum to zero, classes of one of four groups
/// alike (cosine about 0.3), all others pointing away from each other, biases of a few hundredths.
fn head() -> LinearHead {
    let mut rng = stream(2024, Purpose::Training, 0);
    let mut normal = |count: usize| {
        let mut values = vec![0.0f32; count];
        Distribution::Gaussian.fill(&mut rng, &mut values);
        values
    };
    let groups = normal(4 * WIDTH);
    let own = normal(CLASSES * WIDTH);
    let mut rows: Vec<Vec<f32>> = (0..CLASSES)
        .map(|class| {
            let group = &groups[class % 4 * WIDTH..][..WIDTH];
            own[class * WIDTH..][..WIDTH].iter().zip(group).map(|(own, group)| own + 0.8 * group).collect()
        })
        .collect();
    let mean: Vec<f32> =
        (0..WIDTH).map(|i| rows.iter().map(|row| row[i]).sum::<f32>() / CLASSES as f32).collect();
    for (class, row) in rows.iter_mut().enumerate() {
        row.iter_mut().zip(&mean).for_each(|(w, m)| *w -= m);
        let norm = row.iter().map(|w| w * w).sum::<f32>().sqrt();
        let wanted = 1.0 + 0.05 * class as f32;
        row.iter_mut().for_each(|w| *w *= wanted / norm);
    }
    let bias = normal(CLASSES).into_iter().map(|b| 0.03 * b).collect();
    LinearHead { classes: CLASSES, width: WIDTH, weight: rows.concat(), bias, has_bias: true }
}

/// Times both ways in turns, so that whatever else the machine does hits both.
fn compare() {
    let job = Job::new();
    let mut times = WAYS.map(|_| (Vec::new(), Vec::new(), 0));
    for _ in 0..ROUNDS {
        for (way, (whole, epoch, epochs)) in WAYS.into_iter().zip(&mut times) {
            let begun = Instant::now();
            let material = job.sample(way);
            *epochs = job.unlearn(&material);
            whole.push(begun.elapsed());
            let one = time(|| job.train_for(&material, 1));
            let more = time(|| job.train_for(&material, 1 + EPOCHS));
            epoch.push(more.saturating_sub(one) / EPOCHS as u32);
        }
    }
    println!(
        "\n| {ROUNDS} rounds | sampling + unlearning, min | median | epochs | one epoch, min | median |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    for (way, (whole, epoch, epochs)) in WAYS.iter().zip(&mut times) {
        whole.sort();
        epoch.sort();
        let [total, median, one, middle] = [whole[0], whole[ROUNDS / 2], epoch[0], epoch[ROUNDS / 2]].map(ms);
        println!("| {way} | {total} | {median} | {epochs} | {one} | {middle} |");
    }
    let ratio =
        |of: fn(&[Duration]) -> Duration| of(&times[1].0).as_secs_f64() / of(&times[0].0).as_secs_f64();
    let (least, median) = (ratio(|sorted| sorted[0]), ratio(|sorted| sorted[ROUNDS / 2]));
    println!("\nwhole-space takes {least:.1} times as long as row-space (minima), {median:.1} (medians)");
}

fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", 1e3 * time.as_secs_f64())
}
