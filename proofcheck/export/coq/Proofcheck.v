(** The model in which the exported claims are stated, and the lemmas from which their proofs are put together.

    MODEL.
    - A vector lives in an [inner_space]: any type with a sum, a scaling and a symmetric bilinear form [inner] with
      [0 <= inner v v]. Nothing else is used of a real inner product space, so each of them is one (see [coordinates]).
    - A [functional] is integration against a finite positive measure: a set of points, the functions that it
      integrates, their values, and what "almost everywhere" means. [F f] is the kernel's [F[f]]. It may be zero.
      Every finite measure is one (take its completion); [weights] is an instance: finite sums with positive weights.
    - A random scalar of F is a function from its points to R, a random vector a function to the vectors.
    - [all_moments F ss vs]: F integrates every polynomial in the functions ss and in inner products of the vectors vs.
    - [probability F]: F has total mass 1.
    Division by 0, square roots of negative numbers and moments that do not exist have a value in Coq, of which
    nothing is known; each theorem has the hypotheses that exclude them.

    No axioms are declared here. Those of Coq's own real numbers are printed with every theorem. *)

Require Export Reals List.
Require Import Lra FunctionalExtensionality.
Export ListNotations.
Open Scope R_scope.

(** * Vectors *)

Record inner_space : Type := {
  vector :> Type;
  vadd : vector -> vector -> vector;
  vscal : R -> vector -> vector;
  inner : vector -> vector -> R;
  inner_sym : forall u v, inner u v = inner v u;
  inner_add : forall u v w, inner (vadd u v) w = inner u w + inner v w;
  inner_scal : forall a u w, inner (vscal a u) w = a * inner u w;
  inner_pos : forall u, 0 <= inner u u
}.
Arguments vadd {_} _ _.
Arguments vscal {_} _ _.
Arguments inner {_} _ _.

Notation "u [+] v" := (vadd u v) (at level 50, left associativity).
Notation "a [*] v" := (vscal a v) (at level 39, right associativity).
Notation "u [-] v" := (vadd u (vscal (-1) v)) (at level 50, left associativity).

(** R^n, as functions of which the first n values count. *)
Fixpoint dot (n : nat) (u v : nat -> R) : R :=
  match n with O => 0 | S k => dot k u v + u k * v k end.

Definition coordinates (n : nat) : inner_space.
Proof.
  refine {| vector := nat -> R; vadd := fun u v i => u i + v i; vscal := fun a u i => a * u i; inner := dot n |};
    induction n as [|n IH]; simpl; intros; try lra.
  - rewrite IH; ring.
  - rewrite IH; ring.
  - rewrite IH; ring.
  - specialize (IH u). nra.
Defined.

Definition line : inner_space := coordinates 1.

(** * Functionals *)

Record functional : Type := {
  point : Type;
  integrable : (point -> R) -> Prop;
  value :> (point -> R) -> R;
  ae : (point -> Prop) -> Prop;
  ae_all : forall P : point -> Prop, (forall o, P o) -> ae P;
  ae_mp : forall P Q : point -> Prop, ae P -> ae (fun o => P o -> Q o) -> ae Q;
  integrable_lin : forall a f g, integrable f -> integrable g -> integrable (fun o => a * f o + g o);
  value_lin : forall a f g, integrable f -> integrable g -> value (fun o => a * f o + g o) = a * value f + value g;
  integrable_ae : forall f g, integrable f -> ae (fun o => f o = g o) -> integrable g;
  value_nonneg : forall f, integrable f -> ae (fun o => 0 <= f o) -> 0 <= value f;
  value_null : forall f, integrable f -> ae (fun o => 0 < f o) -> value f <= 0 -> ae (fun _ => False)
}.

Arguments ae_all {_} {_} _.
Arguments ae_mp {_} {_} {_} _ _.

Definition probability (F : functional) : Prop := F (fun _ => 1) = 1.

Inductive polynomial {A : Type} {V : inner_space} (ss : list (A -> R)) (vs : list (A -> V)) : (A -> R) -> Prop :=
| poly_const : forall c, polynomial ss vs (fun _ => c)
| poly_scalar : forall s, In s ss -> polynomial ss vs (fun o => s o)
| poly_inner : forall X v, In X vs -> polynomial ss vs (fun o => inner (X o) v)
| poly_inner2 : forall X Y, In X vs -> In Y vs -> polynomial ss vs (fun o => inner (X o) (Y o))
| poly_add : forall f g, polynomial ss vs f -> polynomial ss vs g -> polynomial ss vs (fun o => f o + g o)
| poly_mul : forall f g, polynomial ss vs f -> polynomial ss vs g -> polynomial ss vs (fun o => f o * g o).

Definition all_moments (F : functional) {V : inner_space} (ss : list (point F -> R)) (vs : list (point F -> V)) : Prop :=
  forall f, polynomial ss vs f -> integrable F f.
Notation scalar_moments F ss := (@all_moments F line ss nil).

(** Finite sums with positive weights. *)
Fixpoint weighted {A : Type} (l : list (A * posreal)) (f : A -> R) : R :=
  match l with nil => 0 | (x, a) :: t => pos a * f x + weighted t f end.

Definition weights {A : Type} (l : list (A * posreal)) : functional.
Proof.
  refine {| point := A; integrable := fun _ => True; value := weighted l; ae := fun P => Forall (fun x => P (fst x)) l |};
    try (intros; exact I).
  - intros P H; apply Forall_forall; intros; apply H.
  - intros P Q H K; rewrite Forall_forall in *; intros x Hx; exact (K x Hx (H x Hx)).
  - intros a f g _ _; induction l as [|[x p] t IH]; simpl; [ring | rewrite IH; ring].
  - intros f _ H; induction H as [|[x p] t Hx _ IH]; simpl in *; [lra |].
    pose proof (Rmult_le_pos _ _ (Rlt_le _ _ (cond_pos p)) Hx); lra.
  - intros f _ H K; destruct H as [|[x p] t Hx Ht]; [constructor | exfalso].
    assert (N : 0 <= weighted t f).
    { clear -Ht; induction Ht as [|[x q] t Hx _ IH]; simpl in *; [lra |].
      pose proof (Rmult_lt_0_compat _ _ (cond_pos q) Hx); lra. }
    simpl in *; pose proof (Rmult_lt_0_compat _ _ (cond_pos p) Hx); lra.
Defined.

(** The model is inhabited: one point of weight 1 is a probability that has all moments. *)
Example inhabited_model : probability (weights [(tt, mkposreal 1 Rlt_0_1)])
  /\ scalar_moments (weights [(tt, mkposreal 1 Rlt_0_1)]) [fun _ => 2].
Proof. split; [unfold probability; simpl; ring | intros f _; exact I]. Qed.

(** * Signs *)

Lemma pc_mul : forall a b, 0 <= a -> 0 <= b -> 0 <= a * b.
Proof. exact Rmult_le_pos. Qed.
Lemma pc_mul_pos : forall a b, 0 < a -> 0 < b -> 0 < a * b.
Proof. exact Rmult_lt_0_compat. Qed.
Lemma pc_weak : forall a, 0 < a -> 0 <= a.
Proof. intros; lra. Qed.
Lemma pc_add : forall a b, 0 <= a -> 0 <= b -> 0 <= a + b.
Proof. intros; lra. Qed.
Lemma pc_add_left : forall a b, 0 < a -> 0 <= b -> 0 < a + b.
Proof. intros; lra. Qed.
Lemma pc_add_right : forall a b, 0 <= a -> 0 < b -> 0 < a + b.
Proof. intros; lra. Qed.
Lemma pc_square : forall a, 0 <= a * a.
Proof. intros; nra. Qed.
Lemma pc_one : 0 < 1.
Proof. lra. Qed.
Lemma pc_zero : 0 <= 0.
Proof. lra. Qed.
Lemma pc_ratio : forall p q : positive, 0 < IZR (Zpos p) / IZR (Zpos q).
Proof. intros; apply Rdiv_lt_0_compat; apply IZR_lt; reflexivity. Qed.
Lemma pc_equation : forall q t, q = 0 -> 0 <= q * t.
Proof. intros; subst; lra. Qed.
Lemma pc_subst : forall x y, 0 <= x -> x = y -> 0 <= y.
Proof. intros; subst; assumption. Qed.
Lemma pc_false : forall x, 0 < x -> x = 0 -> False.
Proof. intros; lra. Qed.

(** A relation is proved by refuting its negation. *)
Lemma pc_ge : forall p, (0 < - p -> False) -> 0 <= p.
Proof. intros p H; destruct (Rle_or_lt 0 p); [assumption | exfalso; apply H; lra]. Qed.
Lemma pc_gt : forall p, (0 <= - p -> False) -> 0 < p.
Proof. intros p H; destruct (Rlt_or_le 0 p); [assumption | exfalso; apply H; lra]. Qed.
Lemma pc_eq : forall p, (0 < - p -> False) -> (0 < p -> False) -> p = 0.
Proof. intros p H K; destruct (Rtotal_order p 0) as [L | [L | L]]; [exfalso; apply H | | exfalso; apply K]; lra. Qed.
Lemma pc_split : forall p, 0 <= p \/ 0 < - p.
Proof. intros p; destruct (Rle_or_lt 0 p); [left | right]; lra. Qed.

(** From and to the relations of a statement: d is left - right in normal form. *)
Lemma pc_from_ge : forall l r d, l >= r -> l - r = d -> 0 <= d.
Proof. intros; lra. Qed.
Lemma pc_from_gt : forall l r d, l > r -> l - r = d -> 0 < d.
Proof. intros; lra. Qed.
Lemma pc_from_eq : forall l r d, l = r -> l - r = d -> d = 0.
Proof. intros; lra. Qed.
Lemma pc_from_le : forall l r d, l <= r -> r - l = d -> 0 <= d.
Proof. intros; lra. Qed.
Lemma pc_from_lt : forall l r d, l < r -> r - l = d -> 0 < d.
Proof. intros; lra. Qed.
Lemma pc_to_ge : forall l r d, 0 <= d -> l - r = d -> l >= r.
Proof. intros; lra. Qed.
Lemma pc_to_gt : forall l r d, 0 < d -> l - r = d -> l > r.
Proof. intros; lra. Qed.
Lemma pc_to_eq : forall l r d, d = 0 -> l - r = d -> l = r.
Proof. intros; lra. Qed.
Lemma pc_to_le : forall l r d, 0 <= d -> r - l = d -> l <= r.
Proof. intros; lra. Qed.
Lemma pc_to_lt : forall l r d, 0 < d -> r - l = d -> l < r.
Proof. intros; lra. Qed.

Lemma pc_from_root : forall t d, t >= 0 -> t = d -> 0 <= d.
Proof. intros; subst; lra. Qed.
Lemma pc_factor : forall t a b, t <> 0 -> t = a * b -> a <> 0.
Proof. intros t a b H E Z; apply H; rewrite E, Z; ring. Qed.
Lemma pc_inverse : forall t x, t * x = 1 -> / t = x.
Proof.
  intros t x H. assert (t <> 0) by (intro Z; rewrite Z in H; lra).
  apply (Rmult_eq_reg_l t); [rewrite H; field; assumption | assumption].
Qed.
Lemma pc_invertible : forall t x, t * x = 1 -> t <> 0.
Proof. intros t x H Z; rewrite Z in H; lra. Qed.
Lemma pc_inverse_scaled : forall t k p j, t = k * p -> j * k = 1 -> / t = j * / p.
Proof.
  intros t k p j H K. assert (k <> 0) by (intro Z; rewrite Z in K; lra).
  rewrite H, Rinv_mult; f_equal. apply pc_inverse; rewrite Rmult_comm; exact K.
Qed.

(** * Functions: their definitions, and how they are brought to normal form *)

Lemma pc_max0 : forall x y, 0 <= Rmax x y - x.
Proof. intros; pose proof (Rmax_l x y); lra. Qed.
Lemma pc_max1 : forall x y, 0 <= Rmax x y - y.
Proof. intros; pose proof (Rmax_r x y); lra. Qed.
Lemma pc_max2 : forall x y, (Rmax x y - x) * (Rmax x y - y) = 0.
Proof. intros; unfold Rmax; destruct (Rle_dec x y); ring. Qed.
Lemma pc_sqrt0 : forall x, 0 <= sqrt x.
Proof. exact sqrt_pos. Qed.
Lemma pc_sqrt1 : forall x, 0 <= x -> sqrt x * sqrt x - x = 0.
Proof. intros; rewrite sqrt_sqrt by assumption; ring. Qed.
Lemma pc_inv0 : forall x, x <> 0 -> / x * x - 1 = 0.
Proof. intros; field; assumption. Qed.
Lemma pc_exp0 : forall x, 0 < exp x.
Proof. exact exp_pos. Qed.
(** 1 + x <= exp x, without the mean value theorem of the library, which rests on excluded middle. *)
Lemma pc_exp_line : forall x, 1 + x <= exp x.
Proof.
  intros x; apply le_epsilon; intros e He.
  assert (Hd : 0 < e / (1 + Rabs x)).
  { apply Rdiv_lt_0_compat; [assumption | pose proof (Rabs_pos x); lra]. }
  set (d := e / (1 + Rabs x)) in *.
  assert (Hx : d * Rabs x <= e).
  { assert (E : d * (1 + Rabs x) = e) by (unfold d; field; pose proof (Rabs_pos x); lra). lra. }
  destruct (derivable_pt_lim_exp_0 d Hd) as [r Hr].
  assert (small : forall h, Rabs h < r -> 1 + h - d * Rabs h <= exp h).
  { intros h H; destruct (Req_dec h 0) as [-> | N]; [rewrite exp_0, Rabs_R0; lra |].
    specialize (Hr h N H); rewrite Rplus_0_l, exp_0 in Hr.
    assert (A : Rabs (exp h - 1 - h) <= d * Rabs h).
    { replace (exp h - 1 - h) with (((exp h - 1) / h - 1) * h) by (field; assumption).
      rewrite Rabs_mult; apply Rmult_le_compat_r; [apply Rabs_pos | lra]. }
    pose proof (Rle_abs (- (exp h - 1 - h))) as B; rewrite Rabs_Ropp in B; lra. }
  assert (twice : forall n h, Rabs h < r * 2 ^ n -> 1 + h - d * Rabs h <= exp h).
  { induction n as [|n IH]; intros h H; [apply small; simpl in H; lra |].
    assert (S : Rabs h = 2 * Rabs (h / 2)).
    { rewrite <- (Rabs_pos_eq 2) at 1 by lra. rewrite <- Rabs_mult; f_equal; field. }
    assert (K : 1 + h / 2 - d * Rabs (h / 2) <= exp (h / 2)) by (apply IH; simpl in H; lra).
    replace (exp h) with (exp (h / 2) * exp (h / 2)) by (rewrite <- exp_plus; f_equal; field).
    pose proof (exp_pos (h / 2)); rewrite S.
    set (y := h / 2 - d * Rabs (h / 2)) in *.
    replace (1 + h - d * (2 * Rabs (h / 2))) with (1 + 2 * y) by (unfold y; field).
    destruct (Rle_or_lt 0 (1 + y)); [| nra].
    apply Rle_trans with ((1 + y) * (1 + y)); [nra |].
    apply Rmult_le_compat; unfold y in *; lra. }
  destruct (Pow_x_infinity 2 ltac:(rewrite Rabs_pos_eq; lra) (Rabs x / r + 1)) as [n Hn].
  specialize (Hn n (le_n n)). rewrite Rabs_pos_eq in Hn by (apply pow_le; lra).
  specialize (twice n x). pose proof (cond_pos r).
  assert (Rabs x < r * 2 ^ n).
  { assert (E : r * (Rabs x / r) = Rabs x) by (field; lra).
    assert (r * (Rabs x / r + 1) <= r * 2 ^ n) by (apply Rmult_le_compat_l; lra). lra. }
  lra.
Qed.
Lemma pc_exp1 : forall x, 0 <= exp x - x - 1.
Proof. intros; pose proof (pc_exp_line x); lra. Qed.
Lemma pc_exp_sum : forall x y z, x + y = z -> exp x * exp y - exp z = 0.
Proof. intros; subst; rewrite exp_plus; ring. Qed.
Lemma pc_exp_inverse : forall x y, x + y = 0 -> exp x * exp y - 1 = 0.
Proof. intros x y H; rewrite <- exp_plus, H, exp_0; ring. Qed.

Lemma pc_f : forall (f : R -> R) x y, x = y -> f x = f y.
Proof. intros; subst; reflexivity. Qed.
Lemma pc_exp_zero : forall x, x = 0 -> exp x = 1.
Proof. intros; subst; exact exp_0. Qed.
Lemma pc_max : forall x y p q, x = p -> y = q -> Rmax x y = Rmax p q.
Proof. intros; subst; reflexivity. Qed.
Lemma pc_max_swap : forall x y p q, x = p -> y = q -> Rmax x y = Rmax q p.
Proof. intros; subst; apply Rmax_comm. Qed.
Lemma pc_max_same : forall x y p, x = p -> y = p -> Rmax x y = p.
Proof. intros; subst; unfold Rmax; destruct (Rle_dec p p); reflexivity. Qed.
Lemma pc_abs_max : forall x, Rabs x = Rmax x (- x).
Proof. intros; unfold Rabs, Rmax; destruct (Rcase_abs x), (Rle_dec x (- x)); lra. Qed.
Lemma pc_min_max : forall x y, Rmin x y = - Rmax (- x) (- y).
Proof. intros; unfold Rmin, Rmax; destruct (Rle_dec x y), (Rle_dec (- x) (- y)); lra. Qed.

(** * Inner products *)

Lemma pc_inner_add_r : forall (V : inner_space) (u v w : V), inner w (vadd u v) = inner w u + inner w v.
Proof. intros; rewrite inner_sym, inner_add, (inner_sym V u), (inner_sym V v); reflexivity. Qed.
Lemma pc_inner_scal_r : forall (V : inner_space) a (u w : V), inner w (vscal a u) = a * inner w u.
Proof. intros; rewrite inner_sym, inner_scal, (inner_sym V u); reflexivity. Qed.

Ltac pc_expand := rewrite ?inner_add, ?pc_inner_add_r, ?inner_scal, ?pc_inner_scal_r;
  repeat (rewrite ?inner_add, ?pc_inner_add_r, ?inner_scal, ?pc_inner_scal_r; progress idtac).

(** <v,v> for a linear combination v, given as a list of coefficients and vectors. *)
Fixpoint pc_cross {V : inner_space} (u : V) (l : list (R * V)) : R :=
  match l with nil => 0 | (b, v) :: t => b * inner u v + pc_cross u t end.
Fixpoint pc_norm2 {V : inner_space} (l : list (R * V)) : R :=
  match l with nil => 0 | (a, u) :: t => a * (a * inner u u + 2 * pc_cross u t) + pc_norm2 t end.

Lemma pc_norm : forall (V : inner_space) (l : list (R * V)), 0 <= pc_norm2 l.
Proof.
  intros V l.
  assert (H : forall z : V, 0 <= inner z z + 2 * pc_cross z l + pc_norm2 l).
  { induction l as [|[a u] t IH]; intros z; simpl.
    - pose proof (inner_pos V z); lra.
    - specialize (IH (vadd z (vscal a u))).
      assert (C : pc_cross (vadd z (vscal a u)) t = pc_cross z t + a * pc_cross u t).
      { clear; induction t as [|[b v] t IH]; simpl; [ring |].
        rewrite IH, inner_add, inner_scal; ring. }
      rewrite C, inner_add, inner_scal, 2 pc_inner_add_r, 2 pc_inner_scal_r, (inner_sym V u z) in IH. lra. }
  destruct l as [|[a u] t]; simpl; [lra |].
  specialize (H (vscal 0 u)); rewrite inner_scal in H; simpl in H.
  assert (C : pc_cross (vscal 0 u) t = 0).
  { clear; induction t as [|[b v] t IH]; simpl; [ring |]. rewrite IH, inner_scal; ring. }
  rewrite C, inner_scal in H. lra.
Qed.

(** * Gram determinants of a positive semidefinite form *)

Lemma pc_gram1 : forall a, (forall s, 0 <= s * s * a) -> 0 <= a.
Proof. intros a H; specialize (H 1); lra. Qed.

Lemma pc_gram2 : forall a b c, (forall s t, 0 <= s * s * a + t * t * c + 2 * (s * t * b)) -> 0 <= a * c - b * b.
Proof.
  intros a b c H.
  pose proof (H 1 0) as A; pose proof (H 0 1) as C; pose proof (H (- b) a) as D; pose proof (H c (- b)) as E.
  pose proof (H 1 (- b)) as G.
  destruct (Rtotal_order a 0) as [L | [L | L]]; [nra | subst | nra].
  destruct (Rtotal_order c 0) as [M | [M | M]]; [nra | subst | nra].
  nra.
Qed.

Lemma pc_gram3 : forall a b c d e f,
  (forall s t r, 0 <= s * s * a + t * t * b + r * r * c + 2 * (s * t * d) + 2 * (s * r * e) + 2 * (t * r * f)) ->
  0 <= a * (b * c - f * f) - d * (d * c - e * f) + e * (d * f - e * b).
Proof.
  intros a b c d e f H.
  assert (A : 0 <= a) by (specialize (H 1 0 0); lra).
  assert (D : 0 <= a * b - d * d) by (apply pc_gram2; intros s t; specialize (H s t 0); lra).
  assert (E : 0 <= a * c - e * e) by (apply pc_gram2; intros s t; specialize (H s 0 t); lra).
  assert (G : 0 <= b * c - f * f) by (apply pc_gram2; intros s t; specialize (H 0 s t); lra).
  destruct (Req_dec a 0) as [Z | Z].
  - subst a. assert (d = 0) by nra. assert (e = 0) by nra. subst; lra.
  - assert (P : 0 <= (a * b - d * d) * (a * c - e * e) - (a * f - d * e) * (a * f - d * e)).
    { apply pc_gram2; intros s t. specialize (H (- (d * s + e * t)) (a * s) (a * t)).
      apply (Rmult_le_reg_l a); [lra |]. lra. }
    apply (Rmult_le_reg_l a); [lra |]. rewrite Rmult_0_r.
    replace (a * _) with ((a * b - d * d) * (a * c - e * e) - (a * f - d * e) * (a * f - d * e)) by ring. exact P.
Qed.

(** * Integration *)

Fixpoint pc_lin {A : Type} (l : list (R * (A -> R))) (o : A) : R :=
  match l with nil => 0 | (c, m) :: t => c * m o + pc_lin t o end.
Fixpoint pc_values (F : functional) (l : list (R * (point F -> R))) : R :=
  match l with nil => 0 | (c, m) :: t => c * F m + pc_values F t end.
Definition pc_fine (F : functional) (l : list (R * (point F -> R))) : Prop := Forall (fun p => integrable F (snd p)) l.

Lemma pc_zero_value : forall (F : functional) f, integrable F f -> integrable F (fun _ : point F => 0) /\ F (fun _ => 0) = 0.
Proof.
  intros F f H.
  assert (Z : integrable F (fun _ : point F => 0)).
  { apply (integrable_ae F (fun o => (-1) * f o + f o)); [apply integrable_lin; assumption | apply ae_all; intros; ring]. }
  split; [exact Z |].
  pose proof (value_lin F (-1) (fun _ => 0) (fun _ => 0) Z Z) as E; simpl in E.
  replace (fun _ : point F => -1 * 0 + 0) with (fun _ : point F => 0) in E by (extensionality o; ring). lra.
Qed.

Lemma pc_value_ae : forall (F : functional) f g, integrable F f -> integrable F g -> ae F (fun o => f o = g o) -> F f = F g.
Proof.
  assert (M : forall (F : functional) f g, integrable F f -> integrable F g -> ae F (fun o => f o = g o) -> F f <= F g).
  { intros F f g Hf Hg H.
    assert (N : 0 <= F (fun o => (-1) * f o + g o)).
    { apply value_nonneg; [apply integrable_lin; assumption |].
      apply (ae_mp H); apply ae_all; intros o E; rewrite E; lra. }
    rewrite value_lin in N by assumption; lra. }
  intros F f g Hf Hg H; apply Rle_antisym; apply M; try assumption.
  apply (ae_mp H); apply ae_all; intros; symmetry; assumption.
Qed.

Lemma pc_lin_value : forall (F : functional) z l, integrable F z -> pc_fine F l ->
  integrable F (fun o => pc_lin l o) /\ F (fun o => pc_lin l o) = pc_values F l.
Proof.
  intros F z l Hz H; induction H as [|[c m] t Hm _ [I V]]; simpl in *.
  - exact (pc_zero_value F z Hz).
  - split; [exact (integrable_lin F c m _ Hm I) | rewrite <- V; exact (value_lin F c m _ Hm I)].
Qed.

(** f = l almost everywhere, with 1 integrable. *)
Lemma pc_value : forall (F : functional) f l, integrable F (fun _ : point F => 1) -> pc_fine F l ->
  ae F (fun o => f o = pc_lin l o) -> integrable F f /\ F f = pc_values F l.
Proof.
  intros F f l H1 H E; destruct (pc_lin_value F _ l H1 H) as [I V].
  assert (J : integrable F f).
  { apply (integrable_ae F _ _ I); apply (ae_mp E); apply ae_all; intros; symmetry; assumption. }
  split; [exact J | rewrite <- V; apply pc_value_ae; assumption].
Qed.
Lemma pc_nonneg : forall (F : functional) f l, integrable F (fun _ : point F => 1) -> pc_fine F l ->
  ae F (fun o => f o = pc_lin l o) -> ae F (fun o => 0 <= f o) -> 0 <= pc_values F l.
Proof. intros F f l H1 H E N; destruct (pc_value F f l H1 H E) as [I V]; rewrite <- V; apply value_nonneg; assumption. Qed.

Lemma pc_proper : forall F : functional, integrable F (fun _ : point F => 1) -> probability F -> ae F (fun _ => False) -> False.
Proof.
  intros F H1 P N. destruct (pc_zero_value F _ H1) as [I Z].
  pose proof (pc_value_ae F (fun _ => 1) (fun _ => 0) H1 I) as E.
  unfold probability in P; rewrite P, Z in E.
  assert (1 = 0); [apply E; apply (ae_mp N); apply ae_all; intros o [] | lra].
Qed.
Lemma pc_positive : forall (F : functional) f l, integrable F (fun _ : point F => 1) -> probability F -> pc_fine F l ->
  ae F (fun o => f o = pc_lin l o) -> ae F (fun o => 0 < f o) -> 0 < pc_values F l.
Proof.
  intros F f l H1 P H E N; destruct (pc_value F f l H1 H E) as [I V]; rewrite <- V.
  destruct (Rlt_or_le 0 (F f)); [assumption | exfalso].
  exact (pc_proper F H1 P (value_null F f I N H0)).
Qed.

(** * Polynomials are integrable *)

Section Polynomials.
Context {A : Type} {V : inner_space} {ss : list (A -> R)} {vs : list (A -> V)}.

Lemma pc_poly_ext : forall f g : A -> R, polynomial ss vs f -> (forall o, f o = g o) -> polynomial ss vs g.
Proof. intros f g H E; replace g with f; [assumption | extensionality o; apply E]. Qed.
Lemma pc_poly_inner' : forall X v, In X vs -> polynomial ss vs (fun o => inner v (X o)).
Proof. intros X v H; apply (pc_poly_ext (fun o => inner (X o) v)); [constructor; assumption | intros; apply inner_sym]. Qed.
Lemma pc_poly_pow : forall f n, polynomial ss vs f -> polynomial ss vs (fun o => f o ^ n).
Proof. intros f n H; induction n; simpl; [constructor | apply poly_mul; assumption]. Qed.
Lemma pc_poly_opp : forall f, polynomial ss vs f -> polynomial ss vs (fun o => - f o).
Proof. intros f H; apply (pc_poly_ext (fun o => (-1) * f o)); [apply poly_mul; [constructor | exact H] | intros; ring]. Qed.
Lemma pc_poly_minus : forall f g, polynomial ss vs f -> polynomial ss vs g -> polynomial ss vs (fun o => f o - g o).
Proof. intros f g H K; apply (pc_poly_ext (fun o => f o + - g o)); [apply poly_add, pc_poly_opp; assumption | intros; ring]. Qed.
End Polynomials.

(** The moments of polynomials in random scalars, which a theorem asks for that is applied to them. *)
Lemma pc_moments_of : forall (F : functional) (V : inner_space) ss (vs : list (point F -> V)), all_moments F ss vs ->
  forall ts, (forall s, In s ts -> polynomial ss vs s) -> scalar_moments F ts.
Proof.
  intros F V ss vs M ts H f P; apply M; induction P.
  - apply poly_const.
  - exact (H s H0).
  - destruct H0.
  - destruct H0.
  - apply poly_add; assumption.
  - apply poly_mul; assumption.
Qed.

Ltac pc_in := solve [repeat ((left; reflexivity) || right)].
Ltac pc_poly :=
  repeat first
    [ assumption
    | match goal with H : polynomial _ _ _ |- _ => exact H end
    | apply pc_poly_pow | apply poly_mul | apply poly_add | apply pc_poly_minus | apply pc_poly_opp
    | apply poly_inner2; pc_in | apply poly_inner; pc_in | apply pc_poly_inner'; pc_in | apply poly_const
    | apply poly_scalar; pc_in ].
Ltac pc_nonzero := repeat split; assumption.
Ltac pc_field := solve [ring | field; pc_nonzero | field].
