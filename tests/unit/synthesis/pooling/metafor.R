# What R's metafor makes of published data sets: numbers of the studies and fits of every model, as JSON.
suppressPackageStartupMessages({ library(metafor); library(metadat); library(jsonlite) })
options(warn = -1)
exact <- list(threshold = 1e-12, tol = 1e-12, maxiter = 10000, tau2.max = 1e6)

two <- function(d, a, n1, c, n2) data.frame(a = d[[a]], n1 = d[[n1]], c = d[[c]], n2 = d[[n2]])
bcg <- with(dat.bcg, data.frame(a = tpos, n1 = tpos + tneg, c = cpos, n2 = cpos + cneg))
counts <- list(
  bcg = bcg,
  nielweise2007 = two(dat.nielweise2007, "ai", "n1i", "ci", "n2i"),
  egger2001 = two(dat.egger2001, "ai", "n1i", "ci", "n2i"),
  hine1989 = two(dat.hine1989, "ai", "n1i", "ci", "n2i"),
  yusuf1985 = two(subset(dat.yusuf1985, table == "6" & !is.na(ai)), "ai", "n1i", "ci", "n2i"),
  collins1985b = two(dat.collins1985b, "ped.xti", "fup.nti", "ped.xci", "fup.nci"),
  linde2005 = two(dat.linde2005, "ai", "n1i", "ci", "n2i"),
  lee2004 = two(dat.lee2004, "ai", "n1i", "ci", "n2i"),
  sparse = data.frame(a = c(0, 1, 0, 3, 2), n1 = c(20, 30, 25, 60, 15), c = c(0, 0, 2, 1, 2), n2 = c(22, 28, 26, 58, 15))
)
years <- function(d) data.frame(x1 = d$x1i, t1 = d$t1i, x2 = d$x2i, t2 = d$t2i)
per_person <- function(d) data.frame(x1 = d$a, t1 = d$n1, x2 = d$c, t2 = d$n2)
times <- list(
  nielweise2008 = years(dat.nielweise2008),
  hart1999 = years(dat.hart1999),
  # Published counts, with people for person-years: no other data set of metadat has rates by arm.
  bcg = per_person(bcg),
  hine1989 = per_person(counts$hine1989),
  yusuf1985 = per_person(counts$yusuf1985),
  collins1985b = per_person(counts$collins1985b),
  egger2001 = per_person(counts$egger2001),
  lee2004 = per_person(counts$lee2004),
  rare = data.frame(x1 = c(0, 4, 0, 3, 6), t1 = c(21.5, 30, 25, 60.2, 15), x2 = c(2, 0, 0, 1, 2), t2 = c(22, 28.4, 26, 58, 16))
)
values <- function(d) data.frame(m1 = d$m1i, sd1 = d$sd1i, n1 = d$n1i, m2 = d$m2i, sd2 = d$sd2i, n2 = d$n2i)
named <- function(d, columns) setNames(d[columns], c("m1", "sd1", "n1", "m2", "sd2", "n2"))
two_arms <- c("y1", "sd1", "n1", "y2", "sd2", "n2")
first <- function(d) d[!duplicated(d$study), ]
senn <- with(list(one = first(dat.senn2013), other = first(dat.senn2013[duplicated(dat.senn2013$study), ])), {
  other <- other[match(one$study, other$study), ]
  data.frame(m1 = one$mi, sd1 = one$sdi, n1 = one$ni, m2 = other$mi, sd2 = other$sdi, n2 = other$ni)
})
means <- list(
  normand1999 = values(dat.normand1999),
  curtis1998 = values(dat.curtis1998),
  gibson2002 = values(dat.gibson2002),
  dagostino1998 = named(subset(dat.dagostino1998, outcome == "rnic1"), c("mt", "sdt", "nt", "mc", "sdc", "nc")),
  stowe2010 = named(dat.stowe2010, two_arms),
  franchini2012 = named(dat.franchini2012, two_arms),
  lehmann2018 = named(dat.lehmann2018, c("Red_M", "Red_SD", "Red_N", "Control_M", "Control_SD", "Control_N")),
  senn2013 = senn
)
# Effects with their variances, as they are printed or computed by others; of pignon2000 they are hazard ratios.
printed <- list(
  pignon2000 = with(dat.pignon2000, data.frame(yi = OmE / V, vi = 1 / V)),
  hackshaw1998 = dat.hackshaw1998,
  bangertdrowns2004 = dat.bangertdrowns2004,
  raudenbush1985 = dat.raudenbush1985,
  riley2003 = dat.riley2003,
  knapp2017 = dat.knapp2017,
  kalaian1996 = dat.kalaian1996,
  linde2016 = with(dat.linde2016, data.frame(yi = lnOR, vi = selnOR^2))
)
people <- function(d, x = "xi", n = "ni") setNames(d[c(x, n)], c("a", "n1"))
arms <- list(
  debruin2009 = people(dat.debruin2009),
  pritz1997 = people(dat.pritz1997),
  hannum2020 = people(dat.hannum2020),
  hasselblad1998 = people(dat.hasselblad1998),
  pagliaro1992 = people(dat.pagliaro1992),
  baker2009 = people(dat.baker2009, "exac", "total"),
  gurusamy2011 = people(dat.gurusamy2011, "death", "n"),
  dong2013 = people(dat.dong2013, "death", "randomized")
)
clean <- function(d) d[stats::complete.cases(d), , drop = FALSE]

told <- function(fit, random = FALSE) {
  found <- list(value = as.numeric(fit$beta), error = fit$se, low = fit$ci.lb, high = fit$ci.ub, q = fit$QE, i2 = fit$I2)
  if (random) found <- c(found, list(tau2 = fit$tau2))
  if (random && fit$test == "knha") {
    interval <- predict(fit)
    found <- c(found, list(prediction = c(interval$pi.lb, interval$pi.ub)))
  }
  found
}
inverse <- function(effects) {
  fits <- list(`inverse-variance` = told(rma(yi, vi, data = effects, method = "EE")))
  for (method in c("DL", "PM", "REML")) for (test in c("z", "knha")) {
    fit <- rma(yi, vi, data = effects, method = method, test = test, control = exact)
    fits[[paste(method, test)]] <- told(fit, random = TRUE)
  }
  fits
}
measured <- function(data, fits) list(data = data, fits = fits)

answer <- list()
for (name in names(counts)) {
  d <- clean(counts[[name]])
  for (measure in c("OR", "RR", "RD")) {
    effects <- escalc(measure, ai = a, n1i = n1, ci = c, n2i = n2, data = d, drop00 = measure != "RD")
    fits <- inverse(effects[!is.na(effects$yi), ])
    arguments <- list(ai = d$a, n1i = d$n1, ci = d$c, n2i = d$n2, measure = measure)
    fits[["mantel-haenszel"]] <- told(do.call(rma.mh, arguments))
    fits[["mantel-haenszel corrected"]] <- told(do.call(rma.mh, c(arguments, list(add = c(.5, .5), to = c("only0", "only0"), drop00 = c(TRUE, measure != "RD")))))
    if (measure == "OR") fits$peto <- told(rma.peto(ai = d$a, n1i = d$n1, ci = d$c, n2i = d$n2))
    answer[[paste(name, measure)]] <- measured(d, fits)
  }
}
for (name in names(times)) {
  d <- clean(times[[name]])
  for (measure in c("IRR", "IRD")) {
    effects <- escalc(measure, x1i = x1, t1i = t1, x2i = x2, t2i = t2, data = d, drop00 = measure != "IRD")
    fits <- inverse(effects[!is.na(effects$yi), ])
    arguments <- list(x1i = d$x1, t1i = d$t1, x2i = d$x2, t2i = d$t2, measure = measure)
    fits[["mantel-haenszel"]] <- told(do.call(rma.mh, arguments))
    fits[["mantel-haenszel corrected"]] <- told(do.call(rma.mh, c(arguments, list(add = c(.5, .5), to = c("only0", "only0"), drop00 = c(TRUE, measure != "IRD")))))
    answer[[paste(name, measure)]] <- measured(d, fits)
  }
}
for (name in names(means)) {
  d <- clean(means[[name]])
  for (measure in c("MD", "SMD")) {
    effects <- escalc(measure, m1i = m1, sd1i = sd1, n1i = n1, m2i = m2, sd2i = sd2, n2i = n2, data = d)
    answer[[paste(name, measure)]] <- measured(d, inverse(effects))
  }
}
for (name in names(printed)) {
  d <- clean(printed[[name]][c("yi", "vi")])
  answer[[paste(name, "HR")]] <- measured(data.frame(value = as.numeric(d$yi), variance = d$vi), inverse(d))
}
for (name in names(arms)) {
  d <- clean(arms[[name]])
  fit <- rma.glmm(xi = d$a, ni = d$n1, measure = "PLO", nAGQ = 25)
  found <- list(value = as.numeric(fit$beta), error = fit$se, tau2 = fit$tau2)
  answer[[paste(name, "PLO")]] <- measured(d, list(`binomial-normal` = found))
}
cat(toJSON(answer, digits = NA, auto_unbox = TRUE, dataframe = "rows"))
