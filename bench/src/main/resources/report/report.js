'use strict';
// Draws each chart from the JSON that stands in it. Both axes are logarithmic: what matters of a
// latency is its order of magnitude, and of a percentile how rare the requests beyond it are.
const COLOURS = ['#2563eb', '#dc2626', '#16a34a', '#9333ea', '#ea580c', '#0891b2', '#ca8a04',
                 '#db2777', '#4b5563', '#65a30d', '#7c3aed', '#0d9488'];
const INK = matchMedia('(prefers-color-scheme: dark)').matches ? '#ddd' : '#333';
const LOG = 3;

function percentile(rarity) {
  const text = (100 - 100 / rarity).toFixed(Math.max(0, Math.round(Math.log10(rarity)) - 2));
  return rarity <= 1 ? 'min' : text + ' %';
}

function number(value) {
  return value == null ? '–' : value.toLocaleString('en', {maximumSignificantDigits: 4});
}

function axis(label, values) {
  return {
    label, stroke: INK, grid: {stroke: '#8883'}, ticks: {stroke: '#8883'},
    values: (plot, splits) => splits.map(each => each == null ? '' : values(each)),
  };
}

// Marks what was measured, where powers of ten would mark nothing.
function axisAt(label, values, marks) {
  return {...axis(label, values), splits: () => marks, filter: (plot, splits) => splits};
}

function draw(place, title, xAxis, yLabel, xText, x, series) {
  const xLabel = xAxis.label;
  const all = Object.keys(series);
  const names = all.filter(name => series[name].some(value => value != null));
  const options = {
    title, width: Math.min(place.clientWidth, 1040), height: 380,
    scales: {x: {time: false, distr: LOG}, y: {distr: LOG}},
    axes: [xAxis, axis(yLabel, number)],
    series: [{label: xLabel, value: (plot, value) => value == null ? '–' : xText(value)}].concat(
      names.map(label => ({
        label, stroke: COLOURS[all.indexOf(label) % COLOURS.length], width: 2,
        points: {show: x.length < 10}, value: (plot, value) => number(value),
      }))),
  };
  new uPlot(options, [x, ...names.map(name => series[name])], place);
}

for (const place of document.querySelectorAll('.chart')) {
  const data = JSON.parse(place.querySelector('script').textContent);
  if (place.dataset.kind === 'percentiles') {
    // One point past the last that somebody has.
    const known = data.x.filter((_, index) =>
      Object.values(data.series).some(values => values[index] != null));
    const cut = Object.fromEntries(Object.entries(data.series).map(
      ([name, values]) => [name, values.slice(0, known.length)]));
    draw(place, 'Latency', axis('percentile', percentile), 'µs', percentile, known, cut);
  } else {
    for (const group of data.groups) {
      const xAxis = axisAt(group.xLabel, number, group.x);
      draw(place, group.title, xAxis, '', number, group.x, group.series);
    }
  }
}
