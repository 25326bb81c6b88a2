//! What an embedding of a class costs, however rare the class:
//!
//!     cargo bench --bench sampling
//!
//! The rows of one class of a head of 214 x 512 are made shorter and shorter, so that fewer and fewer plain
//! draws are its; 500 embeddings of it are drawn. The baseline is plain rejection, what the reference does:
//! every draw labelled by the whole head. It is measured on 50 000 draws and extrapolated. At the end all
//! classes of a head of 1000 x 2048 get 500 each.
#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

mod synthetic;

use std::time::Instant;

use candle_core::Device;
use declass::{
    embeddings::{Distribution, Embeddings, Quota, Sampling, draw},
    head::LinearHead,
    progress::Silent,
    rng::{Address, Purpose, stream},
    space::Space,
    tail::Weights,
};
use synthetic::head;

const WANTED: usize = 500;
const LENGTHS: [f32; 6] = [1.0, 0.8, 0.6, 0.5, 0.3, 0.1];
const PLAIN: usize = 50_000;

fn main() {
    divan::main();
    if std::env::args().any(|argument| argument == "--bench") {
        curve();
        every_class();
    }
}

#[divan::bench(args = LENGTHS, sample_count = 5, sample_size = 1)]
fn one_class_of_214(bencher: divan::Bencher<'_, '_>, length: f32) {
    let head = head(214, 512, length);
    bencher.bench_local(|| rare(&head));
}

/// The table: one line per length of the rows.
fn curve() {
    println!("\n| row length | share of plain draws | plain rejection, extrapolated | this | by |");
    println!("|--:|--:|--:|--:|---|");
    for length in LENGTHS {
        let head = head(214, 512, length);
        let (share, seconds) = plain(&head);
        let baseline = if share == 0.0 {
            format!("more than {:.0} s", seconds * WANTED as f64)
        } else {
            format!("{:.1} s", seconds * WANTED as f64 / (share * PLAIN as f64))
        };
        let start = Instant::now();
        let (_, sampling) = rare(&head);
        let own = start.elapsed().as_secs_f64();
        let by = sampling.rare.last().map_or("rejection".to_owned(), |rare| format!("{:?}", rare.sampler));
        println!("| {length} | {share:.5} | {baseline} | {own:.2} s | {by} |");
    }
}

fn every_class() {
    let head = head(1000, 2048, 1.0);
    let start = Instant::now();
    let space = Space::spanned_by(&[&head]).expect("memory for the basis");
    let restricted = space.restrict(&head).expect("memory for the head");
    let (embeddings, sampling) = run(&restricted, &Quota::new(vec![WANTED; 1000]));
    println!(
        "\n1000 x 2048, {WANTED} of each class: {:.1} s, {} embeddings, {} classes on their own",
        start.elapsed().as_secs_f64(),
        embeddings.len(),
        sampling.rare.len()
    );
}

/// Share of plain draws of class 0, and seconds that they took.
fn plain(head: &LinearHead) -> (f64, f64) {
    let start = Instant::now();
    let mut values = vec![0.0; PLAIN * head.width];
    Distribution::Gaussian.fill(&mut stream(1, Purpose::Training, 0), &mut values);
    let weights = Weights::of(head, &Device::Cpu).expect("memory for the head");
    let drawn = Embeddings::labelled(values, &weights).expect("labelling on the CPU");
    let hits = drawn.labels.iter().filter(|&&label| label == 0).count();
    (hits as f64 / PLAIN as f64, start.elapsed().as_secs_f64())
}

fn rare(head: &LinearHead) -> (Embeddings, Sampling) {
    let space = Space::spanned_by(&[head]).expect("memory for the basis");
    let mut per_class = vec![0; head.classes];
    per_class[0] = WANTED;
    run(&space.restrict(head).expect("memory for the head"), &Quota::new(per_class))
}

fn run(head: &LinearHead, quota: &Quota) -> (Embeddings, Sampling) {
    draw(
        head,
        Distribution::Gaussian,
        quota,
        Address { seed: 0, purpose: Purpose::Training },
        &Device::Cpu,
        &Silent,
    )
    .expect("drawing on the CPU")
}
