(** A 1-Lipschitz function that attains the supremum of int phi dmu - int phi dnu on a compact space.

    Without an axiom of choice there is no sequence of better and better functions to take a limit of. Instead, the functions
    that are nearly optimal are nearly a lattice, since max(f, g) + min(f, g) = f + g. Their upper envelope, in the limit, is
    optimal: on a finite net it is close to the maximum of finitely many of them. *)

From Coq Require Import Reals Lra Lia List Classical.
Import ListNotations.
From Facts Require Import Compactness StoneWeierstrass Integral Farkas Transport Couplings.
Open Scope R_scope.

(** Finitely many points that come within eps of every point. *)
Lemma finite_net : forall (X : Metric_Space) (eps : R), compact X -> 0 < eps ->
  exists net : list (Base X), forall x, exists c, In c net /\ dist X c x < eps.
Proof.
  intros X eps comp eps_pos.
  destruct (comp (fun A => is_open X A /\ exists c, forall x, A x -> dist X c x < eps)) as [finite [members cover]].
  { intros A [op _]. exact op. }
  { intros c. exists (fun x => dist X c x < eps). split; [split|].
    - apply ball_open.
    - exists c. intros x near. exact near.
    - rewrite dist_self. exact eps_pos. }
  assert (centres : exists net : list (Base X), forall A, In A finite -> exists c, In c net /\ forall x, A x -> dist X c x < eps).
  { clear cover. induction finite as [|A finite IH]; [exists nil; intros A []|].
    destruct IH as [net all]; [intros B member; apply members; right; exact member|].
    destruct (members A (or_introl eq_refl)) as [_ [c near]]. exists (c :: net). intros B [<- | member].
    - exists c. split; [left; reflexivity | exact near].
    - destruct (all B member) as [c' [inside near']]. exists c'. split; [right; exact inside | exact near']. }
  destruct centres as [net all]. exists net. intros x. destruct (cover x) as [A [member Ax]].
  destruct (all A member) as [c [inside near]]. exists c. split; [exact inside | apply near, Ax].
Qed.

Lemma max_lipschitz : forall (X : Metric_Space) f g, one_lipschitz X f -> one_lipschitz X g ->
  one_lipschitz X (fun x => Rmax (f x) (g x)) /\ one_lipschitz X (fun x => Rmin (f x) (g x)).
Proof.
  intros X f g lip_f lip_g. split; intros x y; generalize (lip_f x y) (lip_g x y);
    generalize (Rle_abs (f x - f y)) (Rle_abs (g x - g y)) (Rle_abs (f y - f x)) (Rle_abs (g y - g x));
    rewrite (Rabs_minus_sym (f y)), (Rabs_minus_sym (g y)); intros; apply Rabs_le;
    unfold Rmax, Rmin; destruct (Rle_dec (f x) (g x)), (Rle_dec (f y) (g y)); lra.
Qed.

Section Optimal.
Variable X : Metric_Space.
Variables mu nu : (Base X -> R) -> R.
Hypothesis comp : compact X.
Hypothesis mu_prob : probability_measure X mu.
Hypothesis nu_prob : probability_measure X nu.

Definition value (f : Base X -> R) : R := mu f - nu f.

Lemma value_plus : forall f g, continuous_real X f -> continuous_real X g ->
  value (fun x => f x + g x) = value f + value g.
Proof.
  intros f g cont_f cont_g. unfold value.
  destruct mu_prob as [[mu_add _] _]. destruct nu_prob as [[nu_add _] _]. rewrite mu_add, nu_add by assumption. ring.
Qed.

Lemma value_ext : forall f g, continuous_real X f -> (forall x, f x = g x) -> value f = value g.
Proof.
  intros f g cont same. unfold value.
  rewrite (functional_ext X mu (proj1 mu_prob) f g cont same), (functional_ext X nu (proj1 nu_prob) f g cont same).
  reflexivity.
Qed.

Lemma value_close : forall f g e, continuous_real X f -> continuous_real X g -> (forall x, Rabs (f x - g x) <= e) ->
  value f <= value g + 2 * e.
Proof.
  intros f g e cont_f cont_g close. unfold value.
  assert (each : forall I, probability_measure X I -> Rabs (I f - I g) <= e).
  { intros I [positive one].
    replace (I f - I g) with (I (fun x => 1 * f x + (-1) * g x)).
    - apply Rle_trans with (e * I (fun _ => 1)); [|rewrite one; lra]. apply (functional_bound X I positive).
      + apply continuous_plus; apply continuous_scal; assumption.
      + intros x. replace (1 * f x + -1 * g x) with (f x - g x) by ring. apply close.
    - rewrite (functional_linear X I positive 1 (-1)) by assumption. ring. }
  generalize (each mu mu_prob) (each nu nu_prob) (Rle_abs (mu f - mu g)) (Rle_abs (- (nu f - nu g))).
  rewrite Rabs_Ropp. lra.
Qed.

Lemma value_shift : forall f c, continuous_real X f -> value (fun x => f x + c) = value f.
Proof.
  intros f c cont. rewrite (value_plus f (fun _ => c) cont (continuous_const X c)). unfold value.
  destruct mu_prob as [[_ [mu_scale _]] mu_one]. destruct nu_prob as [[_ [nu_scale _]] nu_one].
  assert (at_mu : mu (fun _ => c) = c).
  { rewrite (functional_ext X mu (proj1 mu_prob) (fun _ => c) (fun _ => c * 1) (continuous_const X c)) by (intros; ring).
    rewrite (mu_scale c (fun _ => 1)), mu_one by apply continuous_const. ring. }
  assert (at_nu : nu (fun _ => c) = c).
  { rewrite (functional_ext X nu (proj1 nu_prob) (fun _ => c) (fun _ => c * 1) (continuous_const X c)) by (intros; ring).
    rewrite (nu_scale c (fun _ => 1)), nu_one by apply continuous_const. ring. }
  rewrite at_mu, at_nu. ring.
Qed.

Lemma inhabited : exists o : Base X, True.
Proof.
  apply NNPP. intro none. destruct mu_prob as [positive one].
  assert (collapse : mu (fun _ => 1) = mu (fun _ => 0 * 1)).
  { apply (functional_ext X mu positive); [apply continuous_const|]. intros x. exfalso. apply none. exists x. exact I. }
  destruct positive as [_ [scale _]]. rewrite (scale 0 (fun _ => 1)) in collapse by apply continuous_const. lra.
Qed.

Variable o : Base X.
Variable M : R.
Hypothesis M_upper : forall f, one_lipschitz X f -> value f <= M.
Hypothesis M_least : forall eps, 0 < eps -> exists f, one_lipschitz X f /\ M - eps < value f.

(** Within eps of optimal, and 0 at o. *)
Definition near (eps : R) (f : Base X -> R) : Prop := one_lipschitz X f /\ f o = 0 /\ M - eps <= value f.

Lemma near_some : forall eps, 0 < eps -> exists f, near eps f.
Proof.
  intros eps eps_pos. destruct (M_least eps eps_pos) as [f [lip good]]. exists (fun x => f x + - f o).
  split; [|split].
  - intros x y. replace (f x + - f o - (f y + - f o)) with (f x - f y) by ring. apply lip.
  - ring.
  - rewrite value_shift by (apply one_lipschitz_continuous, lip). lra.
Qed.

Lemma near_more : forall e e' f, e <= e' -> near e f -> near e' f.
Proof. intros e e' f le [lip [zero good]]. split; [exact lip|]. split; [exact zero | lra]. Qed.

Lemma near_max : forall e e' f g, near e f -> near e' g -> near (e + e') (fun x => Rmax (f x) (g x)).
Proof.
  intros e e' f g [lip_f [zero_f good_f]] [lip_g [zero_g good_g]].
  destruct (max_lipschitz X f g lip_f lip_g) as [lip_max lip_min]. split; [exact lip_max|]. split.
  - rewrite zero_f, zero_g. apply Rmax_left. lra.
  - generalize (M_upper _ lip_min); intro at_most.
    assert (total : value (fun x => Rmax (f x) (g x)) + value (fun x => Rmin (f x) (g x)) = value f + value g).
    { rewrite <- !value_plus by (apply one_lipschitz_continuous; assumption). apply value_ext.
      - apply continuous_plus; apply one_lipschitz_continuous; assumption.
      - intros x. unfold Rmax, Rmin. destruct (Rle_dec (f x) (g x)); ring. }
    lra.
Qed.

Lemma near_range : forall e f x, near e f -> - dist X x o <= f x <= dist X x o.
Proof.
  intros e f x [lip [zero _]]. generalize (lip x o) (Rle_abs (f x - f o)) (Rle_abs (- (f x - f o))).
  rewrite Rabs_Ropp, zero. lra.
Qed.

(** r is below the envelope at x: for every eps some nearly optimal function is at least r there. *)
Definition below (x : Base X) (r : R) : Prop := forall eps, 0 < eps -> exists f, near eps f /\ r <= f x.

Lemma envelope_exists : forall x, {u | is_lub (below x) u}.
Proof.
  intros x. apply completeness.
  - exists (dist X x o). intros r low. destruct (low 1 Rlt_0_1) as [f [good le]].
    apply Rle_trans with (1 := le). apply (near_range 1 f x good).
  - exists (- dist X x o). intros eps eps_pos. destruct (near_some eps eps_pos) as [f good]. exists f.
    split; [exact good | apply (near_range eps f x good)].
Qed.

Definition envelope (x : Base X) : R := proj1_sig (envelope_exists x).

Lemma envelope_lub : forall x, is_lub (below x) (envelope x).
Proof. intros x. exact (proj2_sig (envelope_exists x)). Qed.

Lemma envelope_lipschitz : one_lipschitz X envelope.
Proof.
  assert (half : forall x y, envelope x <= envelope y + dist X x y).
  { intros x y. apply (envelope_lub x). intros r low.
    assert (r - dist X x y <= envelope y); [|lra].
    apply (envelope_lub y). intros eps eps_pos. destruct (low eps eps_pos) as [f [good le]]. exists f.
    split; [exact good|]. destruct good as [lip _]. generalize (lip x y) (Rle_abs (f x - f y)). lra. }
  intros x y. generalize (half x y) (half y x). rewrite (dist_sym X y x). intros. apply Rabs_le. lra.
Qed.

(** Some nearly optimal function is above envelope - eta on the net, and all of them are below envelope + eta. *)
Lemma above_net : forall (net : list (Base X)) (eta eps : R), 0 < eta -> 0 < eps ->
  exists f, near eps f /\ forall c, In c net -> envelope c - eta <= f c.
Proof.
  intros net eta eps eta_pos eps_pos. revert eps eps_pos. induction net as [|c net IH]; intros eps eps_pos.
  - destruct (near_some eps eps_pos) as [f good]. exists f. split; [exact good | intros c []].
  - destruct (IH (eps / 2)) as [f [good high]]; [lra|].
    assert (at_c : exists g, near (eps / 2) g /\ envelope c - eta <= g c).
    { apply NNPP. intro none. assert (envelope c <= envelope c - eta); [|lra].
      apply (envelope_lub c). intros r low. apply Rnot_lt_le. intro big. apply none.
      destruct (low (eps / 2)) as [g [good_g le]]; [lra|]. exists g. split; [exact good_g | lra]. }
    destruct at_c as [g [good_g high_g]]. exists (fun x => Rmax (f x) (g x)). split.
    + apply (near_more (eps / 2 + eps / 2)); [lra|]. apply near_max; assumption.
    + intros c' [<- | member].
      * apply Rle_trans with (1 := high_g). apply Rmax_r.
      * apply Rle_trans with (1 := high c' member). apply Rmax_l.
Qed.

Lemma below_net : forall (net : list (Base X)) (eta : R), 0 < eta ->
  exists eps, 0 < eps /\ forall f, near eps f -> forall c, In c net -> f c <= envelope c + eta.
Proof.
  intros net eta eta_pos. induction net as [|c net [e [e_pos low]]].
  - exists 1. split; [lra|]. intros f _ c [].
  - assert (at_c : exists e', 0 < e' /\ forall f, near e' f -> f c <= envelope c + eta).
    { apply NNPP. intro none. assert (envelope c + eta <= envelope c); [|lra].
      apply (envelope_lub c). intros eps eps_pos. apply NNPP. intro all. apply none. exists eps. split; [exact eps_pos|].
      intros f good. apply Rnot_lt_le. intro big. apply all. exists f. split; [exact good | lra]. }
    destruct at_c as [e' [e'_pos low']]. exists (Rmin e e'). split; [apply Rmin_pos; assumption|].
    intros f good c' [<- | member].
    + apply low'. apply (near_more (Rmin e e')); [apply Rmin_r | exact good].
    + apply (low f); [|exact member]. apply (near_more (Rmin e e')); [apply Rmin_l | exact good].
Qed.

Lemma envelope_optimal : value envelope = M.
Proof.
  apply Rle_antisym; [apply M_upper, envelope_lipschitz|].
  apply Rnot_lt_le. intro gap. set (eta := (M - value envelope) / 14). assert (eta_pos : 0 < eta) by (unfold eta; lra).
  destruct (finite_net X eta comp eta_pos) as [net dense].
  destruct (below_net net eta eta_pos) as [e [e_pos low]].
  destruct (above_net net eta (Rmin e eta) eta_pos) as [f [good high]]; [apply Rmin_pos; assumption|].
  generalize (Rmin_l e eta) (Rmin_r e eta); intros le1 le2.
  assert (close : forall x, Rabs (f x - envelope x) <= 3 * eta).
  { intros x. destruct (dense x) as [c [member c_near]].
    specialize (high c member). specialize (low f (near_more _ e f le1 good) c member).
    destruct good as [lip _]. generalize (lip x c) (envelope_lipschitz x c). rewrite (dist_sym X x c).
    generalize (Rle_abs (f x - f c)) (Rle_abs (- (f x - f c))) (Rle_abs (envelope x - envelope c))
      (Rle_abs (- (envelope x - envelope c))). rewrite !Rabs_Ropp. intros. apply Rabs_le. lra. }
  destruct good as [lip [_ good]].
  generalize (value_close f envelope (3 * eta) (one_lipschitz_continuous X f lip)
    (one_lipschitz_continuous X envelope envelope_lipschitz) close).
  unfold eta in *. lra.
Qed.
End Optimal.

Theorem optimal_potential : forall (X : Metric_Space) (mu nu : (Base X -> R) -> R), compact X ->
  probability_measure X mu -> probability_measure X nu ->
  exists phi, one_lipschitz X phi /\ forall f, one_lipschitz X f -> mu f - nu f <= mu phi - nu phi.
Proof.
  intros X mu nu comp mu_prob nu_prob. destruct (inhabited X mu mu_prob) as [o _].
  assert (from_o : continuous_real X (fun x => dist X x o)).
  { apply one_lipschitz_continuous. intros x y. generalize (dist_tri X x o y) (dist_tri X y o x).
    rewrite (dist_sym X y x). intros. apply Rabs_le. lra. }
  destruct (continuous_bounded X (fun x => dist X x o) comp from_o) as [K bound].
  destruct (completeness (fun r => exists f, one_lipschitz X f /\ r = value X mu nu f)) as [M [upper least]].
  - exists (2 * K). intros r [f [lip ->]].
    rewrite <- (value_shift X mu nu mu_prob nu_prob f (- f o)) by (apply one_lipschitz_continuous, lip).
    assert (cont : continuous_real X (fun x => f x + - f o)).
    { apply continuous_plus; [apply one_lipschitz_continuous, lip | apply continuous_const]. }
    apply Rle_trans with (value X mu nu (fun _ => 0) + 2 * K).
    + apply (value_close X mu nu mu_prob nu_prob _ _ K cont (continuous_const X 0)). intros x.
      replace (f x + - f o - 0) with (f x - f o) by ring. apply Rle_trans with (1 := lip x o).
      apply Rle_trans with (2 := bound x). apply Rle_abs.
    + assert (value X mu nu (fun _ => 0) = 0); [|lra]. unfold value.
      destruct mu_prob as [[_ [mu_scale _]] _]. destruct nu_prob as [[_ [nu_scale _]] _].
      generalize (mu_scale 0 (fun _ => 0) (continuous_const X 0)) (nu_scale 0 (fun _ => 0) (continuous_const X 0)).
      rewrite !Rmult_0_l. lra.
  - exists (value X mu nu (fun _ => 0)). exists (fun _ => 0). split; [|reflexivity].
    intros x y. replace (0 - 0) with 0 by ring. rewrite Rabs_R0. apply Rge_le, dist_pos.
  - assert (M_upper : forall f, one_lipschitz X f -> value X mu nu f <= M).
    { intros f lip. apply upper. exists f. split; [exact lip | reflexivity]. }
    assert (M_least : forall eps, 0 < eps -> exists f, one_lipschitz X f /\ M - eps < value X mu nu f).
    { intros eps eps_pos. apply NNPP. intro none. assert (M <= M - eps); [|lra]. apply least.
      intros r [f [lip ->]]. apply Rnot_lt_le. intro big. apply none. exists f. split; assumption. }
    exists (envelope X mu nu mu_prob nu_prob o M M_least). split.
    + apply envelope_lipschitz.
    + intros f lip. change (value X mu nu f <= value X mu nu (envelope X mu nu mu_prob nu_prob o M M_least)).
      rewrite envelope_optimal; [apply M_upper, lip | exact comp | exact M_upper].
Qed.
