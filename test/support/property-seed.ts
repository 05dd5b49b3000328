import fc from 'fast-check';

/*
 * Property tests draw the same values in every normal run, so that a run says something about the change it is for.
 * The soak (SOAK=1) draws new ones each time; a failure prints the seed that repeats it.
 */

if (process.env.SOAK !== '1') fc.configureGlobal({ seed: 20_261_128 });
