// Charts of weeks that answer to the pointer, drawn by uPlot in the place of the lines that the page already has.
// Without it, or without scripts, those lines stay; the numbers are in a table below either way.
'use strict';

(function () {
  if (typeof uPlot !== 'function') return;
  const WEEK = 7 * 86400;
  const UNITS = [
    ['day', 86400000],
    ['hour', 3600000],
    ['minute', 60000],
    ['second', 1000],
  ];

  function told(ms) {
    if (ms === null || ms === undefined) return 'not told';
    const unit = UNITS.find(([, size]) => ms >= size);
    if (unit === undefined) return Math.round(ms) + ' ms';
    const count = Math.round((ms / unit[1]) * 10) / 10;
    return count + ' ' + unit[0] + (count === 1 ? '' : 's');
  }

  // Weeks that are not told are there without a value, so that no line runs through them.
  function columnsOf(text) {
    const known = new Map(
      text.split(';').map((row) => {
        const [week, median, most] = row.split(',');
        return [Date.parse(week) / 1000, [Number(median), Number(most)]];
      }),
    );
    const weeks = [...known.keys()];
    const columns = [[], [], []];
    for (let week = weeks[0]; week <= weeks[weeks.length - 1]; week += WEEK) {
      const values = known.get(week) || [null, null];
      columns[0].push(week);
      columns[1].push(values[0]);
      columns[2].push(values[1]);
    }
    return columns;
  }

  function dateOf(seconds) {
    return new Date(seconds * 1000).toISOString().slice(0, 10);
  }

  for (const box of document.querySelectorAll('[data-trend]')) {
    const columns = columnsOf(box.dataset.trend);
    const said = document.createElement('p');
    said.className = 'sb-hint';
    said.setAttribute('aria-hidden', 'true');
    said.textContent = 'Point at a week to read it.';
    const holder = document.createElement('div');
    holder.setAttribute('aria-hidden', 'true');
    const widthNow = () => Math.min(640, box.clientWidth);
    box.replaceChildren(holder, said);
    const plot = new uPlot(
      {
        width: widthNow(),
        height: 220,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, y: false },
        scales: { y: { range: (plot, least, most) => [0, Math.max(1, most)] } },
        axes: [
          { space: 90, values: (plot, splits) => splits.map(dateOf) },
          { size: 80, values: (plot, splits) => splits.map((value) => (value === 0 ? '0' : told(value))) },
        ],
        series: [
          {},
          { stroke: '#005eb8', width: 2, points: { show: true, size: 6 } },
          { stroke: '#7c2855', width: 2, dash: [6, 4], points: { show: true, size: 6 } },
        ],
        hooks: {
          setCursor: [
            (plot) => {
              const at = plot.cursor.idx;
              if (at === null || at === undefined) return;
              said.textContent =
                'Week from ' +
                dateOf(columns[0][at]) +
                ': median ' +
                told(columns[1][at]) +
                ', 90th percentile ' +
                told(columns[2][at]) +
                '.';
            },
          ],
        },
      },
      columns,
      holder,
    );
    window.addEventListener('resize', () => plot.setSize({ width: widthNow(), height: plot.height }));
  }
})();
