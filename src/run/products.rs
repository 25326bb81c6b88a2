//! Products and convolutions of tensors on the host, in single precision and without derivatives.

use candle_core::{Device, Tensor};

use super::{
    Fault,
    host::with,
    matrix::{Finish, Once, Panels, Patches, Product, ROWS, View, columns},
    packed::{Packed, right},
    window::Window,
};

/// Elements of panels of windows that are written before they are read, at most: half of a second cache.
const BLOCK: usize = 1 << 16;
/// Windows of such a block, at least in panels, and at most.
const WINDOWS: (usize, usize) = (3, 1 << 10);

/// Every row of a tensor times a matrix: `[..., k]` to `[..., n]`.
pub(super) fn rows_times(a: &Tensor, b: &Packed, finish: Finish<'_>) -> Result<Tensor, Fault> {
    let a = a.contiguous()?;
    let ([.., depth], [_, width]) = (a.dims(), b.shape.as_slice()) else {
        return Err(Fault::Compute("a product of a single number".into()));
    };
    let lines = a.dims()[..a.rank() - 1].iter().product::<usize>();
    let (depth, width) = (*depth, *width);
    let mut made = vec![0.0; lines * width];
    let left =
        with(&a, |values| Panels::of(&View { values, lines, line_step: depth, depth, depth_step: 1 }, ROWS))?;
    if let Some(right) = b.panels.first() {
        Product { left: &left, right, once: Once::Right, first: 0, step: width, finish }.write(&mut made);
    }
    let shape = [&a.dims()[..a.rank() - 1], &[width]].concat();
    Ok(Tensor::from_vec(made, shape, &Device::Cpu)?)
}

/// The products of the last two axes of two tensors whose other axes are the same.
pub(super) fn of_batches(a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    let axes = a.rank() - 2;
    let (lines, width) = (a.dims()[axes], b.dims()[axes + 1]);
    let mut made = vec![0.0; a.dims()[..axes].iter().product::<usize>() * lines * width];
    let places = places(&a.dims()[..axes], [a.stride(), b.stride()]);
    with(a, |left| {
        with(b, |of_right| {
            for (made, place) in made.chunks_exact_mut((lines * width).max(1)).zip(places) {
                let (rows, across) = (&left[place[0]..], &of_right[place[1]..]);
                let rows =
                    right(rows, &[a.dims()[axes + 1], lines], &[a.stride()[axes + 1], a.stride()[axes]]);
                let across = right(across, &b.dims()[axes..], &b.stride()[axes..]);
                let (left, right) = (Panels::of(&rows, ROWS), Panels::of(&across, columns()));
                let finish = &|_: usize, _: usize, _: &mut [f32]| {};
                let product =
                    Product { left: &left, right: &right, once: Once::Right, first: 0, step: width, finish };
                product.write(made);
            }
        })
    })??;
    let shape = [&a.dims()[..axes], &[lines, width]].concat();
    Ok(Tensor::from_vec(made, shape, &Device::Cpu)?)
}

/// Where each entry of the first axes begins, in two tensors.
fn places(extents: &[usize], steps: [&[usize]; 2]) -> Vec<[usize; 2]> {
    let mut places = vec![[0, 0]];
    for (axis, extent) in extents.iter().enumerate() {
        let along = |place: [usize; 2]| {
            (0..*extent).map(move |at| [place[0] + at * steps[0][axis], place[1] + at * steps[1][axis]])
        };
        places = places.into_iter().flat_map(along).collect();
    }
    places
}

/// The windows of a map `[b, c, h, w]` times kernels.
pub(super) fn convolved(
    map: &Tensor,
    kernels: &Packed,
    window: Window,
    finish: Finish<'_>,
) -> Result<Tensor, Fault> {
    let (samples, channels, height, width) = map.dims4()?;
    let (groups, results, count) = (kernels.panels.len(), kernels.shape[0], window.count());
    let (rows, depth, positions) = (results / groups.max(1), channels / groups.max(1), height * width);
    let mut made = vec![0.0; samples * results * count];
    with(map, |map| {
        for (at, made) in made.chunks_exact_mut((rows * count).max(1)).enumerate() {
            let (sample, group) = (at / groups, at % groups);
            let map = &map[(sample * channels + group * depth) * positions..][..depth * positions];
            let finish = &|row: usize, column: usize, line: &mut [f32]| finish(at * rows + row, column, line);
            of_sample(map, &kernels.panels[group], &window, made, finish);
        }
    })?;
    Ok(Tensor::from_vec(made, (samples, results, window.rows.count, window.columns.count), &Device::Cpu)?)
}

fn of_sample(map: &[f32], left: &Panels, window: &Window, made: &mut [f32], finish: Finish<'_>) {
    let (count, depth) = (window.count(), left.depth);
    let width = columns();
    let block = (BLOCK / depth.max(1) / width).clamp(WINDOWS.0, WINDOWS.1 / width) * width;
    let channels = depth / window.kernel();
    let laid = (!window.is_point()).then(|| {
        let mut patches = Patches::room(window, channels, 0.0);
        patches.lay(map);
        patches
    });
    let mut right = Panels::room(block.min(count), depth, width);
    for first in (0..count).step_by(block) {
        let windows = block.min(count - first);
        match &laid {
            Some(patches) => patches.write(first, windows, &mut right),
            None => right.fill(&View {
                values: &map[first..],
                lines: windows,
                line_step: 1,
                depth,
                depth_step: count,
            }),
        }
        Product { left, right: &right, once: Once::Left, first, step: count, finish }.write(made);
    }
}
