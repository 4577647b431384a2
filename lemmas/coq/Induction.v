(** Induction on depth, and the two bounds that the lemmas about deep networks draw from it.

    [induction_on_depth] is the fact itself. [composition_lipschitz]: a composition of maps between metric spaces has the
    product of their Lipschitz constants. [error_accumulation]: two stacks of layers that differ by at most e_k at layer k
    differ at depth n by at most the sum of the e_k, each multiplied by the Lipschitz constants of the layers behind it. *)

From Coq Require Import Reals Lra List.
Import ListNotations.
Open Scope R_scope.

Theorem induction_on_depth : forall S : nat -> Prop,
  S O -> (forall k : nat, S k -> S (k + 1)%nat) -> forall k : nat, S k.
Proof.
  intros S base step. induction k as [|k IH].
  - exact base.
  - rewrite <- PeanoNat.Nat.add_1_r. exact (step k IH).
Qed.

(** [lipschitz X Y L f]: f is L-Lipschitz from X to Y. [Metric_Space] is the standard library's. *)
Definition lipschitz (X Y : Metric_Space) (L : R) (f : Base X -> Base Y) : Prop :=
  forall x y : Base X, dist Y (f x) (f y) <= L * dist X x y.

(** The spaces X 0, X 1, ... and the layers f k : X k -> X (k + 1); [stack n] applies the first n of them. *)
Section Layers.
Variable X : nat -> Metric_Space.

Fixpoint stack (f : forall k : nat, Base (X k) -> Base (X (S k))) (n : nat) : Base (X O) -> Base (X n) :=
  match n with
  | O => fun x => x
  | S k => fun x => f k (stack f k x)
  end.

Fixpoint product (L : nat -> R) (n : nat) : R :=
  match n with
  | O => 1
  | S k => L k * product L k
  end.

(** errors L e n = sum over k < n of e k times the product of L j over k < j < n. *)
Fixpoint errors (L e : nat -> R) (n : nat) : R :=
  match n with
  | O => 0
  | S k => L k * errors L e k + e k
  end.

Theorem composition_lipschitz : forall (f : forall k, Base (X k) -> Base (X (S k))) (L : nat -> R),
  (forall k : nat, 0 <= L k) -> (forall k : nat, lipschitz (X k) (X (S k)) (L k) (f k)) ->
  forall n : nat, lipschitz (X O) (X n) (product L n) (stack f n).
Proof.
  intros f L nonneg lip. induction n as [|n IH]; intros x y; simpl.
  - lra.
  - apply Rle_trans with (L n * dist (X n) (stack f n x) (stack f n y)).
    + apply lip.
    + rewrite Rmult_assoc. apply Rmult_le_compat_l; [apply nonneg | apply IH].
Qed.

Theorem error_accumulation : forall (f g : forall k, Base (X k) -> Base (X (S k))) (L e : nat -> R),
  (forall k : nat, 0 <= L k) -> (forall k : nat, lipschitz (X k) (X (S k)) (L k) (f k)) ->
  (forall (k : nat) (x : Base (X k)), dist (X (S k)) (f k x) (g k x) <= e k) ->
  forall (n : nat) (x : Base (X O)), dist (X n) (stack f n x) (stack g n x) <= errors L e n.
Proof.
  intros f g L e nonneg lip close n x. induction n as [|n IH]; simpl.
  - right. apply dist_refl. reflexivity.
  - apply Rle_trans with (1 := dist_tri _ _ _ (f n (stack g n x))).
    apply Rplus_le_compat; [|apply close].
    apply Rle_trans with (1 := lip n _ _).
    apply Rmult_le_compat_l; [apply nonneg | exact IH].
Qed.
End Layers.

(** The same for finitely many self-maps of one space, given as a list: the constant is the product over the list. *)
Theorem list_composition_lipschitz : forall (X : Metric_Space) (maps : list (R * (Base X -> Base X))),
  (forall L f, In (L, f) maps -> 0 <= L /\ lipschitz X X L f) ->
  lipschitz X X (fold_right (fun m c => fst m * c) 1 maps) (fun x => fold_right (fun m y => snd m y) x maps).
Proof.
  intros X maps. induction maps as [|[L f] maps IH]; intros ok x y; simpl.
  - lra.
  - destruct (ok L f (or_introl eq_refl)) as [nonneg lip].
    apply Rle_trans with (1 := lip _ _). rewrite Rmult_assoc. apply Rmult_le_compat_l; [exact nonneg|].
    apply IH. intros L' f' member. apply ok. right. exact member.
Qed.
