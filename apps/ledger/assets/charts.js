// Small charts that answer to the pointer, drawn by uPlot over the lines that the page already has.
// Without it, or without scripts, those lines stay; the words that say the same stand on the chart itself either way.
'use strict';

(function () {
  if (typeof uPlot !== 'function') return;
  const HOUR = 3600;
  const BLUE = '#005eb8';
  // There is no half of an event, and no half of a millisecond that matters.
  const WHOLE = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
  // What makes each chart as wide as its place again; false when it has left the page.
  let fitting = [];

  function told(value, unit) {
    if (value === null || value === undefined) return 'none delivered';
    if (unit === 'deliveries') return value + (value === 1 ? ' delivery' : ' deliveries');
    if (value < 1000) return Math.round(value) + ' ms';
    return value < 60000 ? (value / 1000).toFixed(1) + ' s' : Math.round(value / 60000) + ' min';
  }

  function draw(chart) {
    const values = chart.dataset.values.split(',').map((text) => (text === '' ? null : Number(text)));
    const from = Date.parse(chart.dataset.from) / 1000;
    const unit = chart.dataset.chart;
    const large = chart.parentElement.classList.contains('sb-chart-large');
    if (values.every((value) => value === null)) {
      if (large) chart.textContent = 'Nothing was delivered in these hours.';
      return;
    }
    // A value between two unknown ones has no line through it.
    const alone = values.some(
      (value, at) => value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null,
    );
    const said = document.createElement('span');
    said.className = 'sb-chart__said';
    said.setAttribute('aria-hidden', 'true');
    const holder = document.createElement('span');
    holder.setAttribute('aria-hidden', 'true');
    chart.replaceChildren(holder, said);
    const zone = chart.dataset.zone;
    const time = (seconds) =>
      new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone });
    const axes = large
      ? [
          { values: (plot, splits) => splits.map(time) },
          {
            size: 70,
            incrs: WHOLE,
            values: (plot, splits) => splits.map((value) => (unit === 'ms' ? told(value, unit) : value)),
          },
        ]
      : [{ show: false }, { show: false }];
    const widthNow = () => (large ? Math.max(240, chart.clientWidth) : 140);
    const plot = new uPlot(
      {
        width: widthNow(),
        height: large ? 200 : 40,
        padding: large ? undefined : [4, 4, 4, 4],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, y: false },
        scales: { y: { range: (plot, least, most) => [0, Math.max(1, most)] } },
        axes,
        series: [{}, { stroke: BLUE, width: 2, points: { show: large || alone, size: 5 } }],
        hooks: {
          setCursor: [
            (plot) => {
              const at = plot.cursor.idx;
              if (at === null || at === undefined) return void (said.textContent = '');
              said.textContent = time(from + at * HOUR) + ': ' + told(values[at], unit);
            },
          ],
        },
      },
      [values.map((value, index) => from + index * HOUR), values],
      holder,
    );
    fitting.push(() => {
      if (chart.isConnected && large) plot.setSize({ width: widthNow(), height: plot.height });
      return chart.isConnected;
    });
  }

  // The live part is replaced whenever something has changed; its charts are drawn before it is painted.
  function drawAll() {
    for (const chart of document.querySelectorAll('[data-chart]')) {
      if (chart.querySelector('.uplot') === null) draw(chart);
    }
  }
  const live = document.querySelector('[data-live]');
  if (live !== null) new MutationObserver(drawAll).observe(live, { childList: true });
  window.addEventListener('resize', () => {
    fitting = fitting.filter((fit) => fit());
  });
  drawAll();
})();
